"""Operations by an administrator on users and groups."""
