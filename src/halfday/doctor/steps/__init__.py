"""The steps of an examination, and their probes."""
