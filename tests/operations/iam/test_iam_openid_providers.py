"""OpenID Connect providers. What AWS answers was recorded by LocalStack's snapshot tests (February 2026)."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from world import World

PRINT = "a" * 40


@pytest.fixture
def iam(world: World) -> Any:
    return world.boto3("iam")


def make(iam: Any, url: str, **given: Any) -> str:
    arn: str = iam.create_open_id_connect_provider(Url=url, **given)["OpenIDConnectProviderArn"]
    return arn


def test_a_provider_is_shown_as_it_was_created(iam: Any) -> None:
    tags = [{"Key": "team", "Value": "blue"}]
    given = {"ClientIDList": ["app", "other"], "ThumbprintList": [PRINT], "Tags": tags}
    made = iam.create_open_id_connect_provider(Url="https://shown.example.com/realms/one", **given)
    arn = "arn:aws:iam::123456789012:oidc-provider/shown.example.com/realms/one"
    assert (made["OpenIDConnectProviderArn"], made["Tags"]) == (arn, tags)
    shown = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert shown["Url"] == "shown.example.com/realms/one", "without its scheme"
    assert (shown["ClientIDList"], shown["ThumbprintList"], shown["Tags"]) == (["app", "other"], [PRINT], tags)
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]


def test_a_url_is_taken_once(iam: Any) -> None:
    make(iam, "https://taken.example.com")
    told = ("EntityAlreadyExists", "Provider with url https://taken.example.com already exists.")
    assert refusal(make, iam=iam, url="https://taken.example.com") == told


@pytest.mark.parametrize("url", ["http://idp.example.com", "idp.example.com", "https://", "https://a.example/?q=1"])
def test_a_url_that_is_no_issuer_s_is_refused(iam: Any, url: str) -> None:
    assert refusal(make, iam=iam, url=url) == ("ValidationError", "Invalid Open ID Connect Provider URL")


def test_a_user_pool_of_this_server_may_be_one(world: World, iam: Any) -> None:
    pool = world.pool()
    arn = make(iam, f"{world.origin}/{pool.pool_id}", ClientIDList=["app"])
    host = world.origin.partition("://")[2]
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["Url"] == f"{host}/{pool.pool_id}"


def test_client_ids_and_thumbprints_are_changed(iam: Any) -> None:
    arn = make(iam, "https://changed.example.com", ClientIDList=["one"])
    named = {"OpenIDConnectProviderArn": arn}
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(**named, ClientID="two")
        iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=["b" * 40, "c" * 40])
    shown = iam.get_open_id_connect_provider(**named)
    assert (shown["ClientIDList"], shown["ThumbprintList"]) == (["two"], ["b" * 40, "c" * 40])


def test_a_provider_has_so_many_client_ids_and_thumbprints(iam: Any) -> None:
    told = ("InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
    assert refusal(make, iam=iam, url="https://many.example.com", ThumbprintList=[PRINT] * 6) == told
    told = ("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
    many = [f"app-{n}" for n in range(101)]
    assert refusal(make, iam=iam, url="https://many.example.com", ClientIDList=many) == told
    arn = make(iam, "https://many.example.com", ClientIDList=many[:100])
    add = iam.add_client_id_to_open_id_connect_provider
    assert refusal(add, OpenIDConnectProviderArn=arn, ClientID="one more") == told


def test_tags_are_changed(iam: Any) -> None:
    named = {"OpenIDConnectProviderArn": make(iam, "https://tagged.example.com")}
    tags = [{"Key": f"k{n}", "Value": str(n)} for n in range(3)]
    iam.tag_open_id_connect_provider(**named, Tags=tags)
    page = iam.list_open_id_connect_provider_tags(**named, MaxItems=2)
    rest = iam.list_open_id_connect_provider_tags(**named, Marker=page["Marker"])
    assert page["Tags"] + rest["Tags"] == tags
    iam.untag_open_id_connect_provider(**named, TagKeys=["k0", "k2"])
    assert iam.get_open_id_connect_provider(**named)["Tags"] == [tags[1]]


def test_what_is_gone_is_not_found(iam: Any) -> None:
    arn = make(iam, "https://gone.example.com")
    named = {"OpenIDConnectProviderArn": arn}
    iam.delete_open_id_connect_provider(**named)
    told = ("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")
    assert refusal(iam.get_open_id_connect_provider, **named) == told
    assert refusal(iam.tag_open_id_connect_provider, **named, Tags=[{"Key": "a", "Value": ""}]) == told
    told = ("NoSuchEntity", f"OpenId connect Provider {arn} cannot be found.")
    assert refusal(iam.delete_open_id_connect_provider, **named) == told
