"""Terms of use and privacy policies, as links: CreateTerms, DescribeTerms, UpdateTerms, ListTerms …"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.user_pools import terms_links
from halfday.server.domain.user_pools.configuration import MOST_TERMS, Terms
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import invalid, the_client_of, the_pool
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken


@operation("cognito-idp", "CreateTerms", honours="UserPoolId ClientId TermsName TermsSource Enforcement Links")
async def create_terms(call: Call) -> Output:
    pool, given = await the_pool(call), call.input
    client = await the_client_of(call, pool)
    terms = Terms(
        pool_id=pool.pool_id,
        terms_id=call.services.uuid4(),
        client_id=client.client_id,
        name=given["TermsName"],
        source=given["TermsSource"],
        enforcement=given["Enforcement"],
        links=_links(given.get("Links", {})),
        created_at=call.now,
        modified_at=call.now,
    )
    try:
        async with call.services.store.unit(pool.pool_id):
            if await call.services.store.terms.count(pool.pool_id) >= MOST_TERMS:
                raise Refused("LimitExceededException", f"A user pool has {MOST_TERMS} terms documents at most.")
            await call.services.store.terms.insert(terms)
    except Taken as problem:
        raise _exists(terms) from problem
    return {"Terms": _shape(terms)}


@operation("cognito-idp", "UpdateTerms", honours="TermsId UserPoolId TermsName TermsSource Enforcement Links")
async def update_terms(call: Call) -> Output:
    """Members that are left out stay as they are [inferred]."""
    old, given = await _the_terms(call, await the_pool(call)), call.input
    members = (("name", "TermsName"), ("source", "TermsSource"), ("enforcement", "Enforcement"))
    changes: dict[str, Any] = {ours: given[theirs] for ours, theirs in members if theirs in given}
    if "Links" in given:
        changes["links"] = _links(given["Links"])
    change = partial(replace, modified_at=call.now, **changes)
    try:
        changed = await call.services.store.terms.change(old.pool_id, old.terms_id, change)
    except Taken as problem:
        raise _exists(change(old)) from problem
    return {"Terms": _shape(changed)}


@operation("cognito-idp", "DescribeTerms", honours="TermsId UserPoolId")
async def describe_terms(call: Call) -> Output:
    return {"Terms": _shape(await _the_terms(call, await the_pool(call)))}


@operation("cognito-idp", "DescribeTermsByClient", honours="ClientId UserPoolId TermsName")
async def describe_terms_by_client(call: Call) -> Output:
    pool = await the_pool(call)
    client = await the_client_of(call, pool)
    name = call.input["TermsName"]
    terms = await call.services.store.terms.find_by_name(pool.pool_id, client.client_id, name)
    if terms is None:
        raise _no_such_terms(name)
    return {"Terms": _shape(terms)}


@operation("cognito-idp", "DeleteTerms", honours="TermsId UserPoolId")
async def delete_terms(call: Call) -> Output:
    pool = await the_pool(call)
    try:
        await call.services.store.terms.delete(pool.pool_id, call.input["TermsId"])
    except Missing as problem:
        raise _no_such_terms(call.input["TermsId"]) from problem
    return {}


@operation("cognito-idp", "ListTerms", honours="UserPoolId MaxResults NextToken")
async def list_terms(call: Call) -> Output:
    pool = await the_pool(call)
    fetch = partial(call.services.store.terms.page, pool.pool_id)
    return await paging.listing(call, "Terms", fetch, key=lambda terms: terms.terms_id, shape=_summary, most=MOST_TERMS)


async def _the_terms(call: Call, pool: Pool) -> Terms:
    terms = await call.services.store.terms.find(pool.pool_id, call.input["TermsId"])
    if terms is None:
        raise _no_such_terms(call.input["TermsId"])
    return terms


def _links(links: dict[str, str]) -> dict[str, str]:
    """The links have to include the default one, for languages without a link of their own, and a browser has to open
    them. That AWS refuses others is [inferred].
    """
    if terms_links.DEFAULT not in links:
        raise invalid(f"Links must have {terms_links.DEFAULT}, for languages without a link of their own.")
    for language, link in links.items():
        if not terms_links.is_address(link):
            raise invalid(f"The link of {language} must be an address that begins with https:// or http://.")
    return dict(links)


def _shape(terms: Terms) -> dict[str, Any]:
    return {
        "TermsId": terms.terms_id,
        "UserPoolId": terms.pool_id,
        "ClientId": terms.client_id,
        "TermsName": terms.name,
        "TermsSource": terms.source,
        "Enforcement": terms.enforcement,
        "Links": terms.links,
        "CreationDate": terms.created_at,
        "LastModifiedDate": terms.modified_at,
    }


def _exists(terms: Terms) -> Refused:
    message = f"The app client {terms.client_id} has a terms document called {terms.name} already."
    return Refused("TermsExistsException", message)


def _no_such_terms(which: str) -> Refused:
    return Refused("ResourceNotFoundException", f"There is no terms document {which}.")


def _summary(terms: Terms) -> dict[str, Any]:
    """TermsDescriptionType."""
    members = ("TermsId", "TermsName", "Enforcement", "CreationDate", "LastModifiedDate")
    return {name: value for name, value in _shape(terms).items() if name in members}
