"""What `halfday serve` and `halfday init` tell of a seed file: lines for a shell."""

from __future__ import annotations

import pytest

from halfday.server.usage import exports

ORIGIN = "http://127.0.0.1:4242"


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        (["http://localhost:8080"], []),
        (["http://localhost:3000/callback", "http://localhost:8080"], []),
        (["http://localhost:3000/callback"], ["export HALFDAY_REDIRECT_URI=http://localhost:3000/callback"]),
        (["https://a.example/back", "http://127.0.0.1:1/b"], ["export HALFDAY_REDIRECT_URI=http://127.0.0.1:1/b"]),
        (["https://a.example/back"], ["export HALFDAY_REDIRECT_URI=https://a.example/back"]),
        (["http://localhost:1/?a=b&c=$(d)"], ["export HALFDAY_REDIRECT_URI='http://localhost:1/?a=b&c=$(d)'"]),
    ],
)
def test_who_signs_in_by_these_lines_comes_back_to_a_registered_address(registered: list[str], told: list[str]) -> None:
    client = {"id": "web", "flows": ["code"], "callback_urls": registered}
    lines = exports({"user_pool": [{"client": [client]}]}, ORIGIN)
    assert lines == [f"export HALFDAY_DOMAIN={ORIGIN} HALFDAY_CLIENT_ID=web", *told]


def test_a_client_without_callbacks_gets_none() -> None:
    assert len(exports({"user_pool": [{"client": [{"id": "web", "flows": ["code"]}]}]}, ORIGIN)) == 1
