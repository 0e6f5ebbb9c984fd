"""Operations on identity pools and identities."""
