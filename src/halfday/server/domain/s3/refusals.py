"""How S3 refuses a request: a code, a status and a sentence. A request that is not known here is refused by its
name.
"""

from __future__ import annotations

from collections.abc import Mapping


class S3RequestRefused(ValueError):
    """S3's refusal of a request. The sentence names what was asked.

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
    """The operation is not known here, though S3 may have it: nobody is allowed to call it."""

    def __init__(self, what: str) -> None:
        super().__init__("NotImplemented", f"{what}: this S3 request is not known here, so it is refused.", status=501)
