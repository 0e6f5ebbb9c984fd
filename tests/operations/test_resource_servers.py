"""Resource servers and their scopes."""

from __future__ import annotations

from asking import invalid, missing, refusal, unchecked
from world import Pool, World

SCOPES = [{"ScopeName": "read", "ScopeDescription": "look"}, {"ScopeName": "turn", "ScopeDescription": "turn it"}]


def test_a_resource_server_is_described_as_it_was_made(world: World, pool: Pool) -> None:
    given = {"UserPoolId": pool.pool_id, "Identifier": "https://engine.example", "Name": "Engine", "Scopes": SCOPES}
    assert world.idp.create_resource_server(**given)["ResourceServer"] == given
    named = {"UserPoolId": pool.pool_id, "Identifier": "https://engine.example"}
    assert world.idp.describe_resource_server(**named)["ResourceServer"] == given


def test_its_scopes_can_be_given_to_clients_of_its_pool_only(world: World, pool: Pool) -> None:
    world.idp.create_resource_server(UserPoolId=pool.pool_id, Identifier="engine", Name="Engine", Scopes=SCOPES)
    assert pool.client(AllowedOAuthScopes=["openid", "engine/turn"])["AllowedOAuthScopes"] == ["openid", "engine/turn"]
    assert refusal(pool.client, AllowedOAuthScopes=["engine/burn"])[0] == "ScopeDoesNotExistException"
    assert refusal(world.pool().client, AllowedOAuthScopes=["engine/turn"])[0] == "ScopeDoesNotExistException"


def test_an_identifier_is_taken_once_in_a_pool(world: World, pool: Pool) -> None:
    given = {"UserPoolId": pool.pool_id, "Identifier": "engine", "Name": "Engine"}
    world.idp.create_resource_server(**given)
    sentence = f"engine already exists in user pool {pool.pool_id}."
    assert refusal(world.idp.create_resource_server, **given) == invalid(sentence)
    assert world.idp.create_resource_server(**{**given, "UserPoolId": world.pool().pool_id})


def test_what_is_unknown_or_malformed_is_refused(world: World, pool: Pool) -> None:
    named = {"UserPoolId": pool.pool_id, "Identifier": "none"}
    gone = missing("Resource server none does not exist.")
    assert refusal(world.idp.describe_resource_server, **named) == gone
    create = unchecked(world, "cognito-idp").create_resource_server
    code, sentence = refusal(create, **named, Name="n", Scopes=[{"ScopeName": "a/b", "ScopeDescription": "d"}])
    assert code == "InvalidParameterException"
    assert "Value 'a/b' at 'scopes.1.member.scopeName' failed to satisfy constraint" in sentence


def test_an_update_replaces_name_and_scopes_and_a_deleted_one_is_gone(world: World, pool: Pool) -> None:
    named = {"UserPoolId": pool.pool_id, "Identifier": "engine"}
    world.idp.create_resource_server(**named, Name="Engine", Scopes=SCOPES)
    assert (
        world.idp.update_resource_server(**named, Name="Mill", Scopes=SCOPES[:1])["ResourceServer"]["Scopes"]
        == SCOPES[:1]
    )
    assert world.idp.update_resource_server(**named, Name="Mill")["ResourceServer"]["Scopes"] == []
    world.idp.delete_resource_server(**named)
    gone = missing("Resource server engine does not exist.")
    assert refusal(world.idp.delete_resource_server, **named) == gone
    assert refusal(world.idp.update_resource_server, **named, Name="Mill") == gone


def test_resource_servers_are_listed_page_by_page(world: World, pool: Pool) -> None:
    for name in ("c", "a", "b"):
        world.idp.create_resource_server(UserPoolId=pool.pool_id, Identifier=name, Name=name)
    first = world.idp.list_resource_servers(UserPoolId=pool.pool_id, MaxResults=2)
    rest = world.idp.list_resource_servers(UserPoolId=pool.pool_id, MaxResults=2, NextToken=first["NextToken"])
    assert [s["Identifier"] for s in first["ResourceServers"] + rest["ResourceServers"]] == ["a", "b", "c"]
    assert "NextToken" not in rest


def test_a_pool_has_25_resource_servers_at_most(world: World, pool: Pool) -> None:
    """Developer guide, Quotas."""
    given = {"UserPoolId": pool.pool_id, "Name": "n"}
    for number in range(25):
        world.idp.create_resource_server(**given, Identifier=f"api{number}")
    assert refusal(world.idp.create_resource_server, **given, Identifier="one-more")[0] == "LimitExceededException"


def test_no_scope_is_described_twice(world: World, pool: Pool) -> None:
    scopes = [{"ScopeName": "read", "ScopeDescription": text} for text in ("one", "another")]
    given = {"UserPoolId": pool.pool_id, "Identifier": "api", "Name": "n"}
    told = invalid("Scope names of a resource server must be unique.")
    assert refusal(world.idp.create_resource_server, **given, Scopes=scopes) == told
    world.idp.create_resource_server(**given)
    assert refusal(world.idp.update_resource_server, **given, Scopes=scopes) == told
