"""Why something failed: the catalogue of causes, and which of them explain a symptom."""
