"""What can be wrong with a template, told before anything is changed where that can be known."""

from __future__ import annotations

from collections.abc import Iterable


class TemplateRefused(ValueError):
    """The template cannot be applied. One sentence each for everything that was found, with its place."""

    def __init__(self, *sentences: str, hint: str = "") -> None:
        super().__init__("\n".join(sentences))
        self.sentences, self.hint = sentences, hint


class CallRefused(Exception):
    """The server said no to an operation. `code` and `sentence` are its own."""

    def __init__(self, operation: str, code: str, sentence: str) -> None:
        super().__init__(f"{operation}: {sentence or code}")
        self.operation, self.code, self.sentence = operation, code, sentence


class Stopped(Exception):
    """Applying ended in the middle. What was done until then is remembered: applying again goes on from there."""

    def __init__(self, stack: str, sentences: Iterable[str]) -> None:
        self.stack, self.sentences = stack, tuple(sentences)
        super().__init__("\n".join(self.sentences))
