"""Signalling: pages on WebSockets, their commands, the live conferences. The wire is documented in docs/WIRE.md."""
