"""Against guessing: limits, lock-out, users who do not exist, events."""
