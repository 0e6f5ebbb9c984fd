"""What stands between a first proof and tokens, and what is handed out at its end."""
