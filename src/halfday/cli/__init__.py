"""The command line: one file a command. `__main__` imports only the one that is asked for.

stdout is data, stderr is for people: `halfday: error: …`, then `halfday: hint: …`. Exit codes: see `exit_codes`.
"""
