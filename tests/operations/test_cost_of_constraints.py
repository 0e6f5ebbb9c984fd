"""What the model's constraints cost, whatever is sent: length before pattern, linear patterns, few objections."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from halfday.server.domain.refusals import Refused
from halfday.server.operations.framework import constraints, patterns, wire_json
from halfday.server.operations.framework.model import SERVICES, operation_model, service_model

SIGN_UP = operation_model("cognito-idp", "SignUp")
BRANDING = operation_model("cognito-idp", "CreateManagedLoginBranding")


def objections(given: dict[str, Any]) -> list[str]:
    assert SIGN_UP is not None
    return constraints.objections(SIGN_UP.input_shape, {"ClientId": "c", "Username": "ada", **given})


def test_no_pattern_is_run_on_a_value_that_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    monkeypatch.setattr(patterns, "matches", lambda pattern, text: looked_at.append(len(text)) or True)
    told = objections({"Password": "a" * 40_000 + " ", "SecretHash": "s" * 129})
    assert told == [
        "Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 256",
        "Value at 'secretHash' failed to satisfy constraint: Member must have length less than or equal to 128",
    ]
    assert max(looked_at) <= 256


def test_a_text_without_a_maximum_in_the_model_has_one_here() -> None:
    shape = operation_model("cognito-idp", "RevokeToken").input_shape  # type: ignore[union-attr]
    told = constraints.objections(shape, {"Token": "t" * 200_000, "ClientId": "c"})
    assert told == [
        "Value at 'token' failed to satisfy constraint: Member must have length less than or equal to 131072"
    ]


def test_objections_end_and_so_does_the_sentence() -> None:
    told = objections({"Password": "Lovelace-1815", "UserAttributes": [{}] * 9_000})
    sentence = constraints.sentence(told)
    assert len(told) == constraints.MOST_OBJECTIONS + 1
    assert sentence.startswith("More than 10 validation errors detected: Value null at 'userAttributes.1.member.name'")
    assert sentence.count("failed to satisfy") == 10
    few = constraints.sentence(objections({"Password": "Lovelace-1815", "UserAttributes": [{}] * 3}))
    assert few.startswith("3 validation errors detected: ")


@pytest.mark.parametrize(
    "given",
    [
        {"Username": "u" * 200_000},
        {"ClientMetadata": {"k" * 200_000: "v" * 200_000}},
        {"AnalyticsMetadata": {"AnalyticsEndpointId": "v" * 200_000}, "Username": "\x00" * 100_000},
        {"UserAttributes": [{"Name": "n" * 100_000, "Value": "v"}] * 20},
    ],
)
def test_a_long_value_makes_no_long_sentence(given: dict[str, Any]) -> None:
    sentence = constraints.sentence(objections({"Password": "Lovelace-1815", **given}))
    assert len(sentence) < 10_000


def test_a_value_is_shown_whole_up_to_a_length_and_then_by_its_beginning() -> None:
    shape = operation_model("cognito-idp", "CreateUserPool").input_shape  # type: ignore[union-attr]
    assert "Value 'a|b' at 'poolName'" in constraints.objections(shape, {"PoolName": "a|b"})[0]
    assert f"Value '{'u' * 256}...' at 'poolName'" in constraints.objections(shape, {"PoolName": "u" * 1000})[0]


def test_keys_of_a_map_are_held_to_their_constraints() -> None:
    shape = operation_model("cognito-identity", "GetId").input_shape  # type: ignore[union-attr]
    told = constraints.objections(shape, {"IdentityPoolId": "us-east-1:0", "Logins": {"k" * 129: "token"}})
    assert told == [
        "Value at 'logins' failed to satisfy constraint: Map keys must satisfy constraint: "
        "[Member must have length less than or equal to 128]"
    ]


def all_patterns() -> list[tuple[str, int]]:
    """Every pattern of the models, and the length up to which it is run."""
    found = {patterns.PASSWORD: 256}
    for service in SERVICES:
        model = service_model(service)
        for shape in map(model.shape_for, model.shape_names):
            pattern = shape.metadata.get("pattern")
            if pattern:
                most = shape.metadata.get("max", constraints.LONGEST_WITHOUT_MAXIMUM)
                found[pattern] = max(most, found.get(pattern, 0))
    return sorted(found.items())


SEEDS = (
    "a",
    " ",
    "@",
    "{####}",
    "{##",
    "##}",
    "{##a##}",
    "/",
    "/a",
    "-",
    ":",
    "arn:a",
    "a.",
    ".",
    "=",
    "é",
    "\n",
    "0",
    "#",
)
ENDS = ("", "\x00", "\n", " ", "@")


@pytest.mark.parametrize(("pattern", "most"), all_patterns())
def test_every_pattern_of_the_models_is_linear_or_run_on_little(pattern: str, most: int) -> None:
    for seed in SEEDS:
        for end in ENDS:
            assert grows_linearly(lambda text: patterns.matches(pattern, text), seed, end, most), (seed, end)


def by_python_s_own_engine() -> list[str]:
    return [pattern for pattern, _ in all_patterns() if isinstance(patterns.compiled(pattern), re.Pattern)]


def test_tokens_are_matched_by_python_s_own_engine() -> None:
    shape = operation_model("cognito-idp", "GetUser").input_shape.members["AccessToken"]  # type: ignore[union-attr]
    assert shape.metadata["pattern"] in by_python_s_own_engine()


@pytest.mark.parametrize("pattern", by_python_s_own_engine())
def test_both_engines_read_a_pattern_alike(pattern: str) -> None:
    import regex

    other = regex.compile(pattern)
    texts = ["", *(f"a{chr(letter)}" for letter in range(0x300)), *(chr(letter) for letter in range(0x300)), "a\n"]
    for text in texts:
        assert patterns.matches(pattern, text) is (other.fullmatch(text) is not None), repr(text)


def grows_linearly(work: Any, seed: str, end: str, most: int) -> bool:
    """Eight times the length takes 8 times as long where growth is linear, and 64 times where it is quadratic."""
    long = _hostile(seed, end, min(most, 32_768))
    took = _took(work, long)
    if took < 0.005:
        return True
    return took < 28 * max(_took(work, _hostile(seed, end, len(long) // 8)), 0.0001)


def _hostile(seed: str, end: str, length: int) -> str:
    return (seed * (length // len(seed) + 1))[: length - len(end)] + end


def _took(work: Any, text: str) -> float:
    times = []
    for _ in range(3):
        began = time.thread_time()
        work(text)
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (patterns.PASSWORD, ["aa", "a b", "a\nb", "(' ')"], [" a", "a ", "", "a", " ", "\n", "a\n"]),
        ("EmailVerificationMessageType", ["{####}", "a {####} b", "{####}{####}"], ["", "####", "{###}", "\x00{####}"]),
        (
            "EmailVerificationMessageByLinkType",
            ["{##a##}", "x {####} {##}##} y", "{####}"],
            ["{##}", "{##a", "a##}", "##}{##", "{##a##}\x00"],
        ),
        ("EmailAddressType", ["a@b", "@@@", "a@@", "@@b"], ["@", "a@", "@b", "@@", "ab", "a b@c", "a@b\n"]),
        ("SmsVerificationMessageType", ["{####}", "a{####}{####}b"], ["", "{###}", "a\n{####}"]),
    ],
)
def test_a_linear_form_says_what_the_model_s_pattern_says(pattern: str, fits: list[str], does_not: list[str]) -> None:
    import regex

    model = service_model("cognito-idp")
    source = pattern if pattern == patterns.PASSWORD else model.shape_for(pattern).metadata["pattern"]
    flags = regex.DOTALL if pattern == patterns.PASSWORD else 0
    for text in (*fits, *does_not):
        expected = text in fits
        assert bool(regex.fullmatch(source, text, flags)) is expected, text
        assert patterns.matches(source, text) is expected, text


@pytest.mark.parametrize(
    "body",
    [
        b'{"UserAttributes":[' + b"{}," * 1_300_000 + b"{}]}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"Username":' + b"9" * 4_000_000 + b"}",
        b'{"Settings":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"Settings":{"a":1e999}}',
        b'{"Settings":{"a":-1e999}}',
        b'{"Settings":{"a":"\\ud800"}}',
        b'{"Settings":{"\\udfff":1}}',
        b'{"Settings":{"a":"\xed\xa0\x80"}}',
        '{"UserPoolId":"a"}'.encode("utf-16"),
        b'{"Assets":[{"Bytes":"\xc3\xa9"}]}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_a_body_that_costs_much_or_cannot_be_told_back_is_no_body(body: bytes) -> None:
    assert BRANDING is not None
    with pytest.raises(Refused) as refused:
        wire_json.parse(BRANDING, body)
    assert refused.value.code == "SerializationException"
    assert len(refused.value.sentence) < 200


def test_a_large_body_that_is_in_order_is_read() -> None:
    assert BRANDING is not None
    given = {"Settings": {f"k{n}": {"a": [n, "x"]} for n in range(1_500)}, "Assets": [{"Bytes": "YWJj" * 200_000}]}
    assert len(wire_json.parse(BRANDING, json.dumps(given).encode())["Settings"]) == 1_500
