"""The hosted pages over HTTP."""
