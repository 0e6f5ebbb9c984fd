"""The account of what a document describes. What comes from another account is this server's own once it is here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]

_SHOWN = {"UserPools": "UserPool", "Roles": "Role", "IamUsers": "User", "Policies": "Policy"}


def accounts_of(document: Document) -> list[str]:
    """Those in which the pools, roles, users and policies of the document are: one, where it is one server's."""
    return list(dict.fromkeys(account for arn in _own_arns(document) if (account := _account(arn)).isdigit()))


def in_account(document: Document, account: str) -> Document:
    """The document with its own ARNs in this account: of roles, functions, senders …, in policies too.

    AWS lets nobody pass a role of another account. ARNs of accounts that the document is not of stay.
    """
    others = {*accounts_of(document)} - {account}
    moved: Document = _moved(document, others, account) if others else document
    return moved


def _own_arns(document: Document) -> Iterator[str]:
    for listed, shown in _SHOWN.items():
        for entry in document.get(listed, ()):
            yield str(entry[shown].get("Arn", ""))


def _account(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" else ""


def _moved(value: Any, others: set[str], account: str) -> Any:
    if isinstance(value, Mapping):
        return {_moved(name, others, account): _moved(each, others, account) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, others, account) for each in value]
    if isinstance(value, str) and _account(value) in others:
        parts = value.split(":", 5)
        return ":".join([*parts[:4], account, parts[5]])
    return value
