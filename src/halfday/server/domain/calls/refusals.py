"""How a call to a service is refused before anybody behind has seen it."""

from __future__ import annotations


class CallRefused(ValueError):
    """The code and the sentence are AWS's where AWS has them; the status is that of the service's protocol if 0."""

    def __init__(self, code: str, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.status = code, sentence, status


def not_built(what: str) -> CallRefused:
    return CallRefused("NotImplementedException", f"{what}: this is not known here, so it is refused.", status=501)
