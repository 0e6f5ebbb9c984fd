"""docs/iam.md: a developer with a key pair, and a role within bounds, as the page shows them."""

from __future__ import annotations

from docs.place import Place
from docs.reading import Reader


def test_roles_policies_and_users(reader: Reader, place: Place) -> None:
    reader.words = {"http://127.0.0.1:4242": place.world.origin, **reader.words}
    reader.read("iam.md")
