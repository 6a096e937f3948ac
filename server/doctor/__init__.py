"""`python -m server.doctor`: what on this machine would stand in the way of an exam, and what to do about it.

`probes` and `turn` ask the machine and the network and return plain facts; `machine` and `network` judge facts
and are pure; `__main__` puts them together and prints.
"""
