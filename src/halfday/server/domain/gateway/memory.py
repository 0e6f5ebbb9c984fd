"""What a server keeps of its gateway between requests: configurations as they were read, answers of authorizers.

Nothing here is needed: it is made again from what is stored, or asked again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from halfday.server.domain.gateway.apis import Api, ApiDeployment, read_document
from halfday.server.domain.gateway.authorizer_functions import Verdict
from halfday.server.domain.gateway.serving import Served

MOST_VERDICTS = 1000


@dataclass
class GatewayMemory:
    """Configurations are found by their records, weakly: they go when those are no longer held."""

    _served: WeakKeyDictionary[Api | ApiDeployment, Served] = field(default_factory=WeakKeyDictionary, repr=False)
    _verdicts: OrderedDict[Hashable, tuple[float, Verdict]] = field(default_factory=OrderedDict, repr=False)

    def served(self, record: Api | ApiDeployment, kind: str) -> Served:
        found = self._served.get(record)
        if found is None:
            found = self._served[record] = read_document(kind, record.document)
        return found

    def verdict(self, key: Hashable, now: float) -> Verdict | None:
        """What the authorizer said to these identity sources, while it may be used."""
        kept = self._verdicts.get(key)
        return kept[1] if kept is not None and now < kept[0] else None

    def forget_verdicts(self) -> None:
        """Every authorizer is asked again."""
        self._verdicts.clear()

    def keep_verdict(self, key: Hashable, verdict: Verdict, until: float) -> None:
        self._verdicts[key] = until, verdict
        self._verdicts.move_to_end(key)
        while len(self._verdicts) > MOST_VERDICTS:
            self._verdicts.popitem(last=False)
