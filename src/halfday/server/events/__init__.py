"""Records of what has happened, and their subscribers: the log, and later others. Publishers know no subscriber."""
