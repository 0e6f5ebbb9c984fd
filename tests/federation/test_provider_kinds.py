"""A kind of provider is an adapter, its line in the table, and what its ProviderDetails hold: three files."""

from __future__ import annotations

import re
from pathlib import Path

from halfday import server
from halfday.server.domain.user_pools.providers import KINDS
from halfday.server.operations.framework.model import service_model
from halfday.server.outside.provider_kinds import ADAPTERS
from halfday.server.stand_in import KINDS as STAND_INS

HOUSE = Path(server.__file__).parent
KNOW_A_KIND = {
    "outside/provider_kinds.py",
    "domain/user_pools/providers.py",
    "seed/stand_ins.py",
    "seed/identity_pools.py",
}
"""The last two for tables that name their kind: [stand_in_google], [[identity_pool.oidc]], [[identity_pool.saml]]."""
SHOW_ONE = {"domain/user_pools/sample_events.py", "templates/amplify_outputs.py"}
"""The second writes Amplify's own words for kinds."""
TELL_AN_ICON = {"pages/render.py", "pages/templates/login.html"}
"""What a sign-in button without an icon and a class of its own looks like is no matter of its kind."""


def test_every_kind_has_an_adapter_and_details() -> None:
    assert set(KINDS) == set(ADAPTERS)


def test_a_stand_in_is_of_a_kind_that_is_built() -> None:
    assert set(STAND_INS) <= set(KINDS)


def test_a_kind_is_one_of_aws_s() -> None:
    """All of them: CreateIdentityProvider refuses any other before the table is asked."""
    known = set(service_model("cognito-idp").shape_for("IdentityProviderTypeType").enum)
    assert set(KINDS) == known


def test_no_other_file_asks_of_which_kind_a_provider_is() -> None:
    """So that a further kind touches its adapter and these two."""
    named = re.compile(r"""["'](?:OIDC|Google|SAML|Facebook|LoginWithAmazon|SignInWithApple)["']""")
    files = [path for pattern in ("*.py", "*.html") for path in HOUSE.rglob(pattern)]
    found = {str(path.relative_to(HOUSE)) for path in files if named.search(path.read_text())}
    assert {path for path in found if not path.startswith("stand_in/")} - TELL_AN_ICON - SHOW_ONE == KNOW_A_KIND
