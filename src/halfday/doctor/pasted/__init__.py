"""What people paste, read: refusals, requests, tokens, lines of any program."""
