"""Operations on user pools and what is set up in them."""
