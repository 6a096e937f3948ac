"""How the staff proves who it is: passwords, codes on paper, TOTP, passkeys, and how guessing is slowed down.

Nothing here knows the database or HTTP.
"""
