"""What a command's exit code says to a script."""

OK, FAILED, USAGE, SIGN_IN_NEEDED, NETWORK, INTERRUPTED = 0, 1, 2, 3, 4, 130
