"""S3's requests as far as the front door understands them: what they name, need and carry."""
