"""What was decided, and by which statement. Source of the sentences: IAM user guide, Troubleshoot access denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from halfday.server.domain.aws.policies.documents import Kind


class Outcome(Enum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    IMPLICIT_DENY = "implicit deny"


@dataclass(frozen=True, slots=True)
class Decision:
    """`policy` and `statement` name the statement that decided (by its Sid or its place), and are None when none
    matched. `kind` is the kind of policy that decided, or that lacked an allow; None is the account's root, whom no
    policy gives what it may do.

    `unknown_keys` are the condition keys that the statements asked about and that are not filled in here, `written` is
    the statement as its document has it.
    """

    outcome: Outcome
    action: str
    kind: Kind | None
    policy: str | None = None
    statement: str | None = None
    unknown_keys: tuple[str, ...] = ()
    written: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED

    @property
    def is_silent(self) -> bool:
        """No statement denies it, and none allows it that would have to."""
        return self.outcome is Outcome.IMPLICIT_DENY

    def knowing(self, unknown_keys: Iterable[str]) -> Decision:
        keys = tuple(unknown_keys)
        return replace(self, unknown_keys=keys) if keys else self

    @property
    def because(self) -> str:
        """How AWS ends the sentence `User: … is not authorized to perform: …`."""
        if self.kind is None:
            return ""
        if self.outcome is Outcome.EXPLICIT_DENY:
            return f"with an explicit deny in {_ARTICLES[self.kind]} {self.kind.value}"
        return f"because no {self.kind.value} allows the {self.action} action"

    def __str__(self) -> str:
        """For a log: which statement decided."""
        if self.kind is None:
            return f"{self.action} {self.outcome.value}: the account's root"
        if self.policy is None:
            return f"{self.outcome.value} of {self.action}: no {self.kind.value} allows it{_of_unknown(self)}"
        by = f"by {self.kind.value} {self.policy}, {self.statement}"
        return f"{self.action} {self.outcome.value} {by}{_of_unknown(self)}"


_ARTICLES = {
    Kind.IDENTITY: "an",
    Kind.BOUNDARY: "a",
    Kind.SESSION: "a",
    Kind.RESOURCE: "a",
    Kind.TRUST: "the",
}


def _of_unknown(decision: Decision) -> str:
    if not decision.unknown_keys:
        return ""
    return f" (not filled in here: {', '.join(decision.unknown_keys)})"
