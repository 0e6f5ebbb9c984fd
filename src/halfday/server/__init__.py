"""A Cognito of one's own. `compose` joins the parts; see docs/architecture in the design notes for who may import whom."""
