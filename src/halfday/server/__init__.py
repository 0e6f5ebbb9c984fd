"""A Cognito of one's own. `compose` joins the parts; the import contract in pyproject.toml says who may import whom."""
