"""What calls to AWS services say, read so that it can be read in one way only. Pure."""
