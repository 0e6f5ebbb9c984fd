"""Requests as generators without I/O, and what carries them: a pool of connections, deadlines, loops, locks."""
