"""AWS's sentences repeat what the caller sent; the log must not: it may be a password in the wrong field.

A refusal's `detail` is written for the log and holds no input. Where there is only the public sentence, everything that
came in the request's body or in its Authorization header is cut out of it. What names something of Halfday's own stays:
the model's words (an enumeration's values, members' names), names of Regions, and ids of pools and app clients by their
form, where they came as such: in another member, what has the form of an id may be a password.
"""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import islice
from urllib.parse import parse_qsl

from halfday.server.operations.framework.model import service_model

LONGEST_BODY_BYTES = 64 * 1024
LONGEST_SENTENCE = 2000
_MOST_VALUES = 1000
_NOT_SHOWN = "(not shown: the request was long)"
_SHORTEST_BARE = 4
"""A shorter value is cut out only where it stands in quotes: bare, it would cut our own words to pieces."""
_WINDOW = 12
"""So many characters of the beginning of a value are taken for the value, which a sentence may have shortened."""

_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)', re.DOTALL)
"""A string that is never closed goes on to the end. To search again from each quote within it would be quadratic."""
_REGION = r"(?:af|ap|ca|eu|il|me|mx|sa|us)-(?:(?:north|south)(?:east|west)?|east|west|central)-[1-9]"
_IDS = {
    "UserPoolId": re.compile(_REGION + r"_[0-9A-Za-z]{1,55}"),
    "ClientId": re.compile(r"[0-9a-z]{26}"),
    "client_id": re.compile(r"[0-9a-z]{26}"),
}
_MEMBER = re.compile(rf'"({"|".join(_IDS)})"\s{{0,8}}:\s{{0,8}}"([0-9A-Za-z_-]{{1,80}})"')
_SEPARATORS = re.compile(r"[\s,;=/]+")
_SERVICES = ("cognito-idp", "cognito-identity")


def without_echoes(sentence: str, body: bytes, *headers: str) -> str:
    """The sentence with … for each part that was sent. Where too much was sent, a fixed text in its place."""
    if len(body) > LONGEST_BODY_BYTES or len(sentence) > LONGEST_SENTENCE:
        return _NOT_SHOWN
    try:
        found = list(islice(_values(body, headers), _MOST_VALUES + 1))
    except ValueError:  # more fields than are read
        return _NOT_SHOWN
    if len(found) > _MOST_VALUES:
        return _NOT_SHOWN
    ids = _ids(body)
    values = {value for value in found if value and not (_is_ours(value) or value in ids)}
    for value in sorted(values, key=len, reverse=True):
        sentence = _cut(sentence, value)
    return _cut_shortened(sentence, values)


def _cut(sentence: str, value: str) -> str:
    """Cuts the value out, as it is or as Python would write it."""
    for spelling in _spellings(value):
        sentence = sentence.replace(f"'{spelling}'", "'…'").replace(f'"{spelling}"', '"…"')
        if len(spelling) >= _SHORTEST_BARE and spelling.lower() in sentence.lower():
            sentence = re.sub(re.escape(spelling), "…", sentence, flags=re.IGNORECASE)
    return sentence


def _cut_shortened(sentence: str, values: set[str]) -> str:
    """Cuts long values out wherever a beginning of theirs stands. Of values that begin alike the longest match goes."""
    alike: dict[str, list[str]] = defaultdict(list)
    for spelling in sorted({_folded(spelling) for value in values for spelling in _spellings(value)}):
        if len(spelling) > _WINDOW:
            alike[spelling[:_WINDOW]].append(spelling)
    for beginning, spellings in alike.items():
        sentence = _cut_each(sentence, beginning, spellings)
    return sentence


def _cut_each(sentence: str, beginning: str, spellings: list[str]) -> str:
    """`spellings` in their order: what the sentence goes on like stands beside the place that its rest would have."""
    folded, kept, after = _folded(sentence), [], 0
    while (begins := folded.find(beginning, after)) >= 0:
        kept += [sentence[after:begins], "…"]
        place = bisect(spellings, folded[begins:])
        after = begins + max(_alike(each, folded[begins:]) for each in spellings[max(0, place - 1) :][:2])
    return "".join(kept) + sentence[after:]


def _alike(one: str, other: str) -> int:
    """How many characters two texts have in common from the beginning on."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _spellings(value: str) -> set[str]:
    """As it is, or as Python would write it."""
    return {value[:LONGEST_SENTENCE], repr(value[:LONGEST_SENTENCE])[1:-1]}


def _folded(text: str) -> str:
    """In small letters, each character in its place."""
    return "".join(small if len(small := each.lower()) == 1 else each for each in text)


def _values(body: bytes, headers: tuple[str, ...]) -> Iterator[str]:
    text = body.decode("utf-8", "replace")
    yield from _strings(text, depth=2)
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_VALUES):
        if not name.startswith("{"):
            yield from (name, value)
            yield from _strings(value, depth=1)
    for header in headers:
        yield header
        yield from _SEPARATORS.split(header)


def _strings(text: str, *, depth: int) -> Iterator[str]:
    """Every string of a JSON text, and those of documents within strings. Keys are the caller's words as well."""
    for found in _STRING.finditer(text):
        try:
            value = str(json.loads(f'"{found[1]}"', strict=False))
        except ValueError:
            value = found[1]
        yield value
        if depth and value.lstrip()[:1] in ("{", "["):
            yield from _strings(value, depth=depth - 1)


def _ids(body: bytes) -> set[str]:
    """Ids of pools and app clients that came in a member of that name, and have the form of such an id."""
    text = body.decode("utf-8", "replace")
    fields = parse_qsl(text, max_num_fields=_MOST_VALUES)
    named = [*_MEMBER.findall(text), *((name, value) for name, value in fields if name in _IDS)]
    return {value for name, value in named if _IDS[name].fullmatch(value)}


def _is_ours(value: str) -> bool:
    return bool(re.fullmatch(_REGION, value)) or value in _vocabulary()


@cache
def _vocabulary() -> frozenset[str]:
    """The words of the models: names of members, values of enumerations."""
    words: set[str] = set()
    for service in _SERVICES:
        model = service_model(service)
        for name in model.shape_names:
            shape = model.shape_for(name)
            words.update(getattr(shape, "enum", ()) or (), getattr(shape, "members", ()) or ())
    return frozenset(words)
