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
