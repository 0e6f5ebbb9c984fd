"""What messages say: AWS's sentences by default, a pool's own where it has some."""

from __future__ import annotations

import pytest

from halfday.server.domain.user_pools.message_templates import (
    Template,
    Wording,
    authentication,
    invitation,
    verification,
    verification_link,
)


def test_without_templates_aws_s_sentences_are_said() -> None:
    none = Template()
    assert verification(none, "123456") == ("Your verification code", "Your verification code is 123456. ")
    assert authentication(none, "123456").text == "Your authentication code is 123456. "
    assert invitation(none, "ada", "Pw-1") == Wording(
        "Your temporary password", "Your username is ada and temporary password is Pw-1. "
    )
    link = '<a href="https://x.example/confirmUser?a=1&amp;b=2">Verify Email</a>'
    assert verification_link(none, "https://x.example/confirmUser?a=1&b=2") == Wording(
        "Your verification link", f"Please click the link below to verify your email address. {link} "
    )


def test_a_pool_s_own_words_are_said() -> None:
    assert verification(Template("Hello", "{####}, again {####}"), "123456") == ("Hello", "123456, again 123456")
    assert verification(Template(subject="Hello"), "1").text == "Your verification code is 1. "
    assert verification(Template(text="Code: {####}"), "1").subject == "Your verification code"
    two = verification_link(Template(text="{##Here##} or {##there\nor so##}"), "u")
    assert two.text == '<a href="u">Here</a> or <a href="u">there\nor so</a>'


def test_only_an_invitation_tells_the_username() -> None:
    template = Template(text="{username} {####}")
    assert verification(template, "1").text == authentication(template, "1").text == "{username} 1"
    assert invitation(template, "ada", "1").text == "ada 1"


@pytest.mark.parametrize("name", ["{####}", "{username}", "\\1", "{##x##}"])
def test_what_is_put_in_is_not_filled_in_again(name: str) -> None:
    assert invitation(Template(text="{username} {####}"), name, "{username}").text == f"{name} {{username}}"


def test_a_link_s_address_cannot_leave_its_quotes() -> None:
    assert '"><script>' not in verification_link(Template(), 'https://x/"><script>').text
