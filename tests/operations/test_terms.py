"""Terms documents of app clients. Source: API reference, CreateTerms."""

from __future__ import annotations

from typing import Any

import pytest

from asking import refusal
from world import Pool, World

LINKS = {"cognito:default": "https://terms.example.com", "cognito:spanish": "https://terms.example.com/es"}


@pytest.fixture
def known(pool: Pool) -> dict[str, str]:
    return {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]}


def create(world: World, known: dict[str, str], name: str = "terms-of-use", **given: Any) -> dict[str, Any]:
    given = {"TermsSource": "LINK", "Enforcement": "NONE", "Links": LINKS, **given}
    return world.idp.create_terms(**known, TermsName=name, **given)["Terms"]


def test_terms_are_kept_and_told_back(world: World, known: dict[str, str]) -> None:
    made = create(world, known)
    assert (made["TermsName"], made["Links"]) == ("terms-of-use", LINKS)
    by_id = {"UserPoolId": known["UserPoolId"], "TermsId": made["TermsId"]}
    assert world.idp.describe_terms(**by_id)["Terms"] == made
    assert world.idp.describe_terms_by_client(**known, TermsName="terms-of-use")["Terms"] == made
    links = {"cognito:default": "https://other.example.com"}
    changed = world.idp.update_terms(**by_id, Links=links)["Terms"]
    assert (changed["TermsName"], changed["Links"]) == ("terms-of-use", links)
    world.idp.delete_terms(**by_id)
    for gone in (world.idp.delete_terms, world.idp.describe_terms, world.idp.update_terms):
        assert refusal(gone, **by_id)[0] == "ResourceNotFoundException"
    refused = refusal(world.idp.describe_terms_by_client, **known, TermsName="terms-of-use")
    assert refused[0] == "ResourceNotFoundException"


def test_a_client_has_one_document_of_a_name(world: World, known: dict[str, str]) -> None:
    create(world, known)
    policy = create(world, known, "privacy-policy")
    given = {"TermsSource": "LINK", "Enforcement": "NONE", "Links": LINKS, "TermsName": "terms-of-use"}
    assert refusal(world.idp.create_terms, **known, **given)[0] == "TermsExistsException"
    by_id = {"UserPoolId": known["UserPoolId"], "TermsId": policy["TermsId"]}
    assert refusal(world.idp.update_terms, **by_id, TermsName="terms-of-use")[0] == "TermsExistsException"


@pytest.mark.parametrize("given", [{"name": "rules"}, {"Links": {"cognito:spanish": "https://terms.example.com/es"}}])
def test_names_and_links_have_their_form(world: World, known: dict[str, str], given: dict[str, Any]) -> None:
    assert refusal(create, world=world, known=known, **given)[0] == "InvalidParameterException"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "terms.example.com", "https://", "https://["]
)
def test_a_link_that_no_browser_opens_as_a_page_is_refused(world: World, known: dict[str, str], link: str) -> None:
    links = {**LINKS, "cognito:german": link}
    code, sentence = refusal(create, world=world, known=known, Links=links)
    assert code == "InvalidParameterException"
    assert sentence == "The link of cognito:german must be an address that begins with https:// or http://."


def test_documents_are_listed_page_by_page(world: World, known: dict[str, str], pool: Pool) -> None:
    clients = [known, *({"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]} for _ in range(2))]
    made = {create(world, client)["TermsId"] for client in clients}
    listed, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = world.idp.list_terms(UserPoolId=pool.pool_id, MaxResults=2, **more)
        listed += page["Terms"]
        if (token := page.get("NextToken")) is None:
            break
    assert {terms["TermsId"] for terms in listed} == made
    assert set(listed[0]) == {"TermsId", "TermsName", "Enforcement", "CreationDate", "LastModifiedDate"}


def test_a_pool_has_forty_documents_at_most(world: World, pool: Pool) -> None:
    for _ in range(20):
        client = {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]}
        create(world, client)
        create(world, client, "privacy-policy")
    one_more = {"UserPoolId": pool.pool_id, "ClientId": pool.client()["ClientId"]}
    assert refusal(create, world=world, known=one_more)[0] == "LimitExceededException"
