"""A user pool's domain written as its prefix alone, spelt out as AWS has it.

It may be needed before every AWS CLI call, and imports nothing: `endpoints` would load ten times as much.
Sources: facts/oauth.md §0; AWS GovCloud (US) user guide, Amazon Cognito.
"""


def is_prefix(domain: str) -> bool:
    """Whether a domain is written as its prefix alone: no host of its own, and not this machine's name."""
    word = domain.strip().lower()
    return word.isascii() and word.replace("-", "").isalnum() and word != "localhost"


def spelt_out(prefix: str, region: str) -> str | None:
    """The whole domain; None for what is no region, and in China, whose form of it is not known here."""
    word = region.replace("-", "")
    if not (word.isascii() and word.isalnum()) or region.startswith("cn-"):
        return None
    auth = "auth-fips" if region.startswith("us-gov-") else "auth"
    return f"https://{prefix.strip().lower()}.{auth}.{region}.amazoncognito.com"
