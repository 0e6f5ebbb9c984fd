"""Text as HTTP and XML allow it."""
