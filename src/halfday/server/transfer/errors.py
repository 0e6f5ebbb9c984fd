"""Why something cannot be brought over."""

from __future__ import annotations


class TransferRefused(ValueError):
    """`place` is where in the document or file: a pool and what of it, or a line."""

    def __init__(self, place: str, sentence: str) -> None:
        super().__init__(f"{place}: {sentence}" if place else sentence)
        self.place, self.sentence = place, sentence


class UserRefused(TransferRefused):
    """Of one user, by the pool's rules: nobody else of the document is the worse for it."""


class CallRefused(Exception):
    """A call was answered with an error: AWS's code and sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence = code, sentence
