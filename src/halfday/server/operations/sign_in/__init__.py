"""Operations that sign in, and operations on tokens."""
