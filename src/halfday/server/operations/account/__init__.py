"""Operations on one's own account."""
