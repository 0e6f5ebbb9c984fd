"""Every exception that is not the server's own is copied and pickled with all that it keeps."""

from __future__ import annotations

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Iterator

import pytest

import halfday
from halfday import SettingsError


def classes() -> Iterator[type[Exception]]:
    for module in pkgutil.walk_packages(halfday.__path__, "halfday."):
        if module.name.startswith("halfday.server") or module.name.endswith("__main__"):
            continue
        try:
            found = vars(importlib.import_module(module.name))
        except (ImportError, SettingsError):  # for a library that is not installed
            continue
        for value in found.values():
            public = type(value) is type and not value.__name__.startswith("_")
            if public and issubclass(value, Exception) and value.__module__ == module.name:
                yield value


KINDS = sorted(classes(), key=lambda kind: f"{kind.__module__}.{kind.__name__}")


def test_the_known_ones_are_among_them() -> None:
    assert {"SettingsError", "ClaimsError", "ServiceError", "OAuthError", "BearerRefused"} <= {
        k.__name__ for k in KINDS
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_error_loses_anything_when_it_is_copied_or_pickled(kind: type[Exception]) -> None:
    """Made without its __init__: whatever that takes, args and members are what there is to carry."""
    error = kind.__new__(kind)
    error.args = ("a sentence",)
    error.__dict__.update(member="kept")
    for again in (copy.copy(error), copy.deepcopy(error), *(pickle.loads(pickle.dumps(error, n)) for n in range(6))):
        assert type(again) is kind
        assert (again.args, again.__dict__) == (error.args, error.__dict__)
