"""How a rule says no: AWS's code, AWS's sentence, and what the log is told besides.

A refusal is raised where the rule is and translated once at each edge: the HTTP status and the shape of the answer are
the edge's. Rules that belong together, and that others ask about, are the members of a `Rule`.
"""

from __future__ import annotations

from enum import Enum


class Refused(Exception):
    """What was asked for is refused.

    `code` is an error of the AWS service's model, `sentence` what the caller reads. `detail` says what really was
    wrong, for the log alone: it may name what the caller is not to learn.
    """

    def __init__(self, code: str, sentence: str, detail: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.detail = detail

    def is_one_of(self, *rules: Rule) -> bool:
        """Whether the refusal is by one of these rules."""
        return any((self.code, self.sentence) == rule.value for rule in rules)


class Rule(Enum):
    """Rules of one subject, each with its code and its sentence: `DISABLED = ("NotAuthorizedException", "…")`."""

    @property
    def code(self) -> str:
        return str(self.value[0])

    @property
    def sentence(self) -> str:
        return str(self.value[1])

    def because(self, detail: str | None = None) -> Refused:
        """The refusal by this rule: `raise Refusal.DISABLED.because(f"{logged(user)} is disabled")`."""
        return Refused(self.code, self.sentence, detail)


def not_authorized(sentence: str, detail: str | None = None) -> Refused:
    """AWS's commonest refusal: who asks has not proven that they may."""
    return Refused("NotAuthorizedException", sentence, detail)


def invalid(sentence: str, detail: str | None = None) -> Refused:
    """The refusal of cognito-idp and cognito-identity for a value, or a combination of values, that is not allowed."""
    return Refused("InvalidParameterException", sentence, detail)
