"""What has happened here, told to whoever listens: the log, and later others. Whoever tells it knows none of them."""
