"""Requests as generators without I/O, and what sends them: a pool of connections, deadlines, loops, locks."""
