"""What was applied of a template, as the server keeps it: one record a stack, an account and Region."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StackRecord:
    """`content` is JSON: what stands there, by logical id, and what is exported. Secrets may be in it.

    `revision` counts the changes: who writes says which one was read.
    """

    account: str
    region: str
    name: str
    revision: int
    content: str = field(repr=False)
