"""Errors cross from worker processes, and are copied by those who keep them, with everything that they know."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halfday.client import errors
from halfday.client.causes.catalogue import Finding
from halfday.client.errors import GrantRefused, HalfdayError, TokenRefused


def every_class() -> list[type[HalfdayError]]:
    found, waiting = [], [HalfdayError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.__name__)


SIGNATURES = {kind: inspect.signature(kind) for kind in every_class()}
texts = st.text(max_size=20)
values: dict[str, st.SearchStrategy[Any]] = {
    "facts": st.none() | st.dictionaries(texts, texts, max_size=2),
    "findings": st.lists(st.builds(Finding, texts, texts, texts), min_size=1, max_size=2),
    "status": st.integers(400, 599),
    "expected": st.none() | texts | st.frozensets(texts, max_size=2),
    "actual": st.none() | texts | st.lists(st.integers(), max_size=2),
    "symptom": st.none(),
    "hint": st.text(min_size=1, max_size=20),
    "claim": st.sampled_from(["exp", "iss", "aud", "signature"]),
}


@st.composite
def made(draw: st.DrawFn, kind: type[HalfdayError]) -> HalfdayError:
    """One of its kind, by every argument that it takes."""
    positional, named = [], {}
    for parameter in SIGNATURES[kind].parameters.values():
        value = draw(values.get(parameter.name, texts))
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    return kind(*positional, **named)


WAYS: list[Callable[[Any], Any]] = [
    copy.copy,
    copy.deepcopy,
    *(lambda error, number=number: pickle.loads(pickle.dumps(error, number)) for number in range(6)),
]


@pytest.mark.parametrize("kind", every_class(), ids=lambda kind: kind.__name__)
@settings(deadline=None)
@given(data=st.data())
def test_no_error_loses_anything_on_its_way(kind: type[HalfdayError], data: st.DataObject) -> None:
    error = data.draw(made(kind))
    for way in WAYS:
        again = way(error)
        assert type(again) is kind
        assert (str(again), again.args, again.__dict__) == (str(error), error.args, error.__dict__)
        assert list(traceback.format_exception(again))[-1] == list(traceback.format_exception(error))[-1]


def test_every_error_of_the_module_is_among_them() -> None:
    told = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}
    assert told <= set(every_class())


def refuse() -> None:
    raise TokenRefused("invalid_client", "invalid_client_secret", facts={"secret_was_sent": ""})


def test_a_worker_process_s_error_arrives_as_what_it_was() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(TokenRefused) as raised:
        pool.submit(refuse).result(30)
    assert (raised.value.error, raised.value.description) == ("invalid_client", "invalid_client_secret")
    assert raised.value.hint


def test_a_refused_code_says_why_in_another_process_too() -> None:
    error = GrantRefused([Finding("the code was used", "sign in again", "2.4")])
    assert pickle.loads(pickle.dumps(error)).findings == error.findings
