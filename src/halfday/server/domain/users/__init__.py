"""People in a pool: their names and attributes, what they prove themselves with, what is remembered of them."""
