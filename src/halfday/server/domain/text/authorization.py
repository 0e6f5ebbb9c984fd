"""The Authorization header, taken apart (RFC 9110 §11.4). What its credentials hold is read where they are checked."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Authorization:
    """`header` is the whole value as it was sent, None where there was none. Without a scheme all of it is secret."""

    header: str | None = field(repr=False)
    scheme: str = field(repr=False)
    credentials: str = field(repr=False)

    @classmethod
    def read(cls, header: str | None) -> Authorization:
        scheme, _, credentials = (header or "").partition(" ")
        return cls(header, scheme.lower(), credentials.strip())

    def of_scheme(self, scheme: str) -> str | None:
        """The credentials, if the header is of this scheme, given in lower case."""
        return self.credentials if self.scheme == scheme else None
