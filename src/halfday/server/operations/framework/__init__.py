"""What every operation runs on: the model, the wire, constraints, dispatch, paging, look-ups."""
