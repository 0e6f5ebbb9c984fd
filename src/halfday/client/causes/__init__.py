"""Why something failed: the catalogue of causes, which of them explain a symptom."""
