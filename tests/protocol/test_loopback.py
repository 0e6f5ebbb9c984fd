"""Who is this machine: one test for names and addresses, and a narrower one for where tokens go in the clear."""

from __future__ import annotations

import pytest

from halfday.protocol.urls import is_loopback, is_loopback_address, is_this_machine

BY_NAME = ["localhost", "app.localhost"]
BY_ADDRESS = ["127.0.0.1", "::1"]
OTHER_ADDRESSES = ["127.0.0.53", "127.255.255.254", "::ffff:127.0.0.1"]
ELSEWHERE = ["localhost.example.com", "notlocalhost", "10.0.0.1", "0.0.0.0", "::", "::2", "", "127.0.0.1.example"]


@pytest.mark.parametrize("host", [*BY_NAME, *BY_ADDRESS, *OTHER_ADDRESSES])
def test_every_name_and_address_of_this_machine_is_this_machine(host: str) -> None:
    assert is_this_machine(host)
    assert is_this_machine(host.upper())
    assert is_loopback_address(host) == (host not in BY_NAME)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_nothing_else_is_this_machine(host: str) -> None:
    assert not any(test(host) for test in (is_this_machine, is_loopback, is_loopback_address))


def test_tokens_go_in_the_clear_to_the_names_that_everybody_reads_alike() -> None:
    assert all(map(is_loopback, [*BY_NAME, *BY_ADDRESS]))
    assert not any(map(is_loopback, [*OTHER_ADDRESSES, None]))
