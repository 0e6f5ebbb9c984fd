"""Operations on app clients."""
