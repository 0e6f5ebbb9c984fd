"""How S3 refuses a request: a code, a status and a sentence. What is not known here is refused by its name."""

from __future__ import annotations

from collections.abc import Mapping


class S3RequestRefused(ValueError):
    """S3 would answer with this code and status. The sentence names what was asked.

    `members`: further elements of the error document.
    """

    def __init__(
        self, code: str, sentence: str, *, status: int = 400, members: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status
        self.members = dict(members or {})


class S3NotBuilt(S3RequestRefused):
    """S3 may know this operation; nothing here does, so nobody is allowed it."""

    def __init__(self, what: str) -> None:
        super().__init__("NotImplemented", f"{what}: this S3 request is not known here, so it is refused.", status=501)
