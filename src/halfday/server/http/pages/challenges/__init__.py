"""A page for each challenge of a sign-in, and what follows its answer."""
