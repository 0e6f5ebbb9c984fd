"""The vocabulary that client and server share. Pure: no I/O, no clock, no randomness of its own.

Times and random bytes arrive as arguments. Nothing here imports anything else of Halfday's.
"""
