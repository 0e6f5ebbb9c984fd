"""What two transports share: the JSON API and the pages both sign people in, issue tokens, hand out credentials."""
