"""What one request can cost: hostile texts of every length, at every pattern and reader of the server.

Growth is what is looked at, not speed: eight times the length may cost 8 times as much, and not 64 times. The patterns
of AWS's models are in tests/operations/test_cost_of_constraints.py.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

import halfday.server
from asking import refusal, unchecked
from halfday.protocol.sigv4_chunks import CHUNKED_FORMS
from halfday.server.domain.aws.policies import matching, parse_policy
from halfday.server.domain.aws.policies.patterns import parse_pattern
from halfday.server.domain.refusals import Refused
from halfday.server.domain.s3.bulk_delete import parse_bulk_delete
from halfday.server.domain.s3.chunks import ChunkedBody, decode
from halfday.server.domain.s3.cors import parse_cors
from halfday.server.domain.s3.refusals import S3RequestRefused
from halfday.server.domain.text.xml_documents import MalformedDocument
from halfday.server.domain.user_pools import classic_css, message_templates
from halfday.server.domain.user_pools.app_clients import redirect_uri_objection
from halfday.server.domain.user_pools.message_templates import Template
from halfday.server.domain.users.import_file import split_row
from halfday.server.domain.users.user_filter import parse_filter
from halfday.server.http.log_redaction import without_echoes
from world import World

LENGTH = 8_192
SEEDS = (
    *(
        "a",
        " ",
        "\n",
        "0",
        ".",
        "@",
        "<",
        ">",
        "/",
        ":",
        ",",
        ";",
        "*",
        "?",
        "$",
        "'",
        '"',
        "\\",
        "{",
        "}",
        "(",
        "-",
        "_",
    ),
    *(
        "a@",
        "a.",
        "a@a.",
        '\\"',
        '""',
        "${",
        "${a}",
        "/*",
        "*/",
        "{##",
        "##}",
        "{####}",
        "a{}",
        "<a",
        "<a@",
        "javascript",
    ),
    *(".s3-a", ".s3.", "s3.amazonaws.com", "[", "[[", '{"a":', "//", "a:", "é", "\x00", "+1", "1/", "x-amz-meta-"),
)
STARTS = ("", "a", '"', "a@", "<", "{##a##}")
ENDS = ("", "\x00", "@")


def patterns_of_ours() -> list[tuple[str, re.Pattern[Any]]]:
    """Every compiled pattern that a module of the server keeps."""
    found = {}
    for module in pkgutil.walk_packages(halfday.server.__path__, "halfday.server."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                found[f"{module.name.removeprefix('halfday.server.')}.{name}"] = value
    return sorted(found.items())


_USES: dict[str, Callable[[re.Pattern[Any]], Callable[[Any], object]]] = {
    "fullmatch": lambda pattern: pattern.fullmatch,
    "match": lambda pattern: pattern.match,
    "search": lambda pattern: pattern.search,
    **dict.fromkeys(("sub", "split", "findall", "finditer"), lambda pattern: lambda text: list(pattern.finditer(text))),
}


def uses_of(name: str) -> set[str]:
    """How the pattern's own module uses it."""
    module, _, variable = name.rpartition(".")
    source = inspect.getsource(importlib.import_module(f"halfday.server.{module}"))
    return set(re.findall(rf"\b{variable}\.({'|'.join(_USES)})\(", source)) or {"finditer"}


@pytest.mark.parametrize(
    ("name", "pattern"), patterns_of_ours(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_pattern_of_ours_is_linear_as_it_is_used(name: str, pattern: re.Pattern[Any]) -> None:
    for use in uses_of(name):
        for text in hostile(LENGTH):
            work = _USES[use](pattern)
            assert grows_linearly(work, text, binary=isinstance(pattern.pattern, bytes)), (use, text[:20], text[-3:])


def hostile(length: int) -> Iterator[str]:
    for seed in SEEDS:
        for start in STARTS:
            for end in ENDS:
                yield start + seed * ((length - len(start) - len(end)) // len(seed)) + end


def grows_linearly(use: Callable[[Any], object], text: str, *, binary: bool = False) -> bool:
    long: Any = text.encode() if binary else text
    took = cost(use, long)
    if took < 0.01:
        return True
    eighth = text[:10] + text[10 : len(text) // 8] + text[-1:]
    return took < 28 * max(cost(use, eighth.encode() if binary else eighth), 0.0002)


def cost(use: Callable[[Any], object], text: Any) -> float:
    """Seconds of this thread's own; the better of two."""
    times = []
    for _ in range(2):
        began = time.thread_time()
        use(text)
        times.append(time.thread_time() - began)
        if times[0] < 0.01:
            break
    return min(times)


def _css(text: str) -> object:
    return classic_css.objection(text)


def _link(text: str) -> object:
    return message_templates.verification_link(Template(None, text), "https://here.example/confirm")


def _code(text: str) -> object:
    return message_templates.verification(Template(None, text), "123456")


def _filter(text: str) -> object:
    try:
        return parse_filter(text)
    except Refused:
        return None


def _policy(text: str) -> object:
    try:
        return parse_policy(text)
    except Refused:
        return None


def _bulk_delete(text: str) -> object:
    try:
        return parse_bulk_delete(text.encode())
    except MalformedDocument:
        return None


def _cors_rules(text: str) -> object:
    try:
        return parse_cors(text.encode())
    except S3RequestRefused:
        return None


def _chunks(text: str) -> object:
    expected = ChunkedBody(CHUNKED_FORMS["STREAMING-UNSIGNED-PAYLOAD-TRAILER"], 0, "x-amz-checksum-crc32", None)
    try:
        return [decode(expected, BytesIO(sent)) for sent in (text.encode(), b"0\r\n" + text.encode() + b"\r\n\r\n")]
    except S3RequestRefused:
        return None


def _pattern(text: str) -> object:
    try:
        return parse_pattern(text, variables=True)
    except ValueError:
        return None


def _log(text: str) -> object:
    return without_echoes("User pool client none does not exist.", text.encode())


READERS = (
    pytest.param(_css, marks=pytest.mark.long),
    *(_link, _code, _filter, _policy, _bulk_delete, _cors_rules, _chunks, _pattern, _log),
    *(redirect_uri_objection, split_row),
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: getattr(reader, "__name__", ""))
def test_every_reader_of_documents_is_linear_and_raises_nothing_of_its_own(reader: Callable[[str], object]) -> None:
    for text in hostile(LENGTH):
        assert grows_linearly(reader, text), (text[:20], text[-3:])


@pytest.mark.parametrize(
    "uri",
    [
        "http://[",
        "http://]",
        "https://[::1",
        "https://a:b",
        "https://a:99999999",
        "https://[x]/",
        "//[",
        "https://a\u2100b",
    ],
)
def test_a_redirect_uri_that_cannot_be_read_is_no_valid_url(uri: str) -> None:
    assert redirect_uri_objection(uri) == f"{uri} is not a valid URL."


@pytest.mark.parametrize(
    "document",
    [
        '{"Statement": ' + "9" * 5_000 + "}",
        '{"Statement": ' + "[" * 100_000,
        '{"Statement": ' + '{"a":' * 100_000,
        '{"Statement": [{"Effect": "Allow", "Condition": {"NumericEquals": {"k": 1e999}}}]}',
        '{"Statement": [{"Effect": "Allow", "Condition": {"NumericEquals": {"k": NaN}}}]}',
        "{" + ",".join(f'"k{number}":1' for number in range(10_000)) + ',"k9":1}',
    ],
    ids=lambda document: document[:20],
)
def test_a_policy_that_costs_much_or_cannot_be_told_back_is_malformed(document: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_policy(document)
    assert len(str(refused.value)) < 300


def test_a_wildcard_of_many_stars_is_matched_in_linear_time() -> None:
    pattern = parse_pattern("*a" * 2_000 + "b", variables=True)
    assert grows_linearly(lambda text: pattern.matches(text, lambda _: None), "a" * LENGTH)
    assert not pattern.matches("a" * LENGTH, lambda _: None)
    assert parse_pattern("*a*a*a*b", variables=True).matches("xaxaxab", lambda _: None)


@pytest.mark.parametrize("pattern", ["*?b*", "*a?b*", "*?a?b"])
def test_a_text_is_not_walked_for_every_pattern(pattern: str) -> None:
    """Where its characters stand is read once: 450 such patterns and 60 keys stopped everybody for seven seconds."""
    matching._standing.cache_clear()
    for number in range(50):
        parse_pattern(f"{pattern}{number}*", variables=True).matches("a" * 2_000, lambda _: None)
    assert matching._standing.cache_info().misses == 1


def test_policies_of_a_role_are_held_to_iam_s_sizes(world: World) -> None:
    iam = unchecked(world, "iam")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}

    def policy(*statements: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=8)

    long_trust = policy(*([trust] * 30))
    assert refusal(iam.create_role, RoleName="large", AssumeRolePolicyDocument=long_trust) == (
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )
    iam.create_role(RoleName="large", AssumeRolePolicyDocument=policy(trust))
    half = policy(*([statement] * 90))
    iam.put_role_policy(RoleName="large", PolicyName="one", PolicyDocument=half)
    iam.put_role_policy(RoleName="large", PolicyName="one", PolicyDocument=half)
    assert refusal(iam.put_role_policy, RoleName="large", PolicyName="two", PolicyDocument=half + " " * 9) == (
        "LimitExceeded",
        "Maximum policy size of 10240 bytes exceeded for role large",
    )
