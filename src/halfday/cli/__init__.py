"""The command line: one file a command. `__main__` imports only the one that is asked for.

stdout is data, stderr is talk: `halfday: error: …`, then `halfday: hint: …`. Exit codes: see __main__.
"""
