"""An examination's steps, and what they ask."""
