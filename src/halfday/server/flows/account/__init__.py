"""An account's life: made, confirmed, changed, recovered."""
