"""AWS's managed policies, with their documents: a table beside this file, a line for each.

As github.com/iann0036/iam-dataset had them on 22 August 2026; AdministratorAccess and PowerUserAccess, which it lacks,
and the unique ids as github.com/zoph-io/MAMIP had them on 7 March 2026. The ids of younger ones are made up. Two are
left out, whose resources are not read here.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from halfday.server.domain.aws.managed_policies import AwsManagedPolicy

_TABLE = "aws_managed_policies.tsv.gz"


@cache
def aws_managed_policies() -> Mapping[str, AwsManagedPolicy]:
    """By ARN, in the order of their names. The table is read once; a document where somebody asks for it."""
    written = gzip.decompress(files(__package__).joinpath(_TABLE).read_bytes()).decode()
    return _Table({line.partition("\t")[0]: line for line in written.splitlines()})


class _Table(Mapping[str, AwsManagedPolicy]):
    def __init__(self, lines: dict[str, str]) -> None:
        self._lines = lines
        self._read: dict[str, AwsManagedPolicy] = {}

    def __getitem__(self, arn: str) -> AwsManagedPolicy:
        if arn not in self._read:
            self._read[arn] = _policy(self._lines[arn])
        return self._read[arn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _policy(line: str) -> AwsManagedPolicy:
    arn, policy_id, version_id, created, updated, text = line.split("\t")
    return AwsManagedPolicy(arn, policy_id, version_id, text, _moment(created), _moment(updated))


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
