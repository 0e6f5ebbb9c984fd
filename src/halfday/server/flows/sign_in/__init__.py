"""From the first proof to tokens: each challenge, put and answered."""
