"""SAML providers whose people may assume roles: by their metadata.

Source: facts/iam.md §1, §2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from halfday.protocol.identifiers import make_iam_id
from halfday.server.domain.aws.iam_tags import new_tags, with_tags, without_tags
from halfday.server.domain.aws.trusted_providers import SamlProvider
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.answers import sorted_tags, tag_list
from halfday.server.operations.aws.iam.pages import page_of_tags
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.outside.saml.documents import Unreadable
from halfday.server.outside.saml.metadata import parse_metadata
from halfday.server.storage.errors import Missing, Taken

WITHOUT_AN_END_S = 100 * 365 * 86_400
"""After which a provider ends whose metadata does not say [inferred]."""
_ARN = re.compile(r"arn:aws:iam::(?P<account>\d{12}):saml-provider/(?P<name>[\w._-]{1,128})", re.ASCII)
_UNIQUE_ID_BYTES = 24


@operation("iam", "CreateSAMLProvider", honours="Name SAMLMetadataDocument Tags")
async def create_saml_provider(call: Call) -> Output:
    given = call.input
    provider = SamlProvider(
        account=call.account,
        name=given["Name"],
        provider_id=make_iam_id("", call.services.random(_UNIQUE_ID_BYTES)),
        metadata=given["SAMLMetadataDocument"],
        created_at=call.now,
        valid_until=_valid_until(given["SAMLMetadataDocument"]),
        tags=new_tags(given.get("Tags", ()), any_case=False),
    )
    store = call.services.store
    taken = Refused("EntityAlreadyExists", f"SAMLProvider with name {provider.name} already exists.")  # [inferred]
    try:
        async with store.unit(call.account):
            if await store.saml_providers.find_in_any_case(call.account, provider.name) is not None:
                raise taken
            await store.saml_providers.insert(provider)
    except Taken as problem:
        raise taken from problem
    return {"SAMLProviderArn": provider.arn, "Tags": tag_list(provider.tags) or None}


@operation("iam", "GetSAMLProvider", honours="SAMLProviderArn")
async def get_saml_provider(call: Call) -> Output:
    provider = await _the_provider(call)
    return {
        "SAMLProviderUUID": provider.provider_id,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.created_at,
        "ValidUntil": _shown_end(provider),
        "Tags": sorted_tags(provider.tags),
        "AssertionEncryptionMode": "Allowed",
        "PrivateKeyList": [],
    }


@operation("iam", "ListSAMLProviders")
async def list_saml_providers(call: Call) -> Output:
    providers = await call.services.store.saml_providers.of_account(call.account)
    shown = [{"Arn": one.arn, "ValidUntil": _shown_end(one), "CreateDate": one.created_at} for one in providers]
    return {"SAMLProviderList": shown}


@operation("iam", "UpdateSAMLProvider", honours="SAMLProviderArn SAMLMetadataDocument")
async def update_saml_provider(call: Call) -> Output:
    text = call.input.get("SAMLMetadataDocument")
    if text is None:
        raise Refused("InvalidInput", "SAMLMetadataDocument is required.")  # [inferred]
    valid_until = _valid_until(text)
    await _change(call, lambda provider: replace(provider, metadata=text, valid_until=valid_until))
    return {"SAMLProviderArn": call.input["SAMLProviderArn"]}


@operation("iam", "DeleteSAMLProvider", honours="SAMLProviderArn")
async def delete_saml_provider(call: Call) -> Output:
    try:
        await call.services.store.saml_providers.delete(call.account, _name_of(call))
    except Missing as problem:
        raise _not_found(call) from problem
    return {}


@operation("iam", "TagSAMLProvider", honours="SAMLProviderArn Tags")
async def tag_saml_provider(call: Call) -> Output:
    added = new_tags(call.input["Tags"], any_case=False)
    await _change(call, lambda known: replace(known, tags=with_tags(known.tags, added, any_case=False)))
    return {}


@operation("iam", "UntagSAMLProvider", honours="SAMLProviderArn TagKeys")
async def untag_saml_provider(call: Call) -> Output:
    keys = call.input["TagKeys"]
    await _change(call, lambda known: replace(known, tags=without_tags(known.tags, keys, any_case=False)))
    return {}


@operation("iam", "ListSAMLProviderTags", honours="SAMLProviderArn Marker MaxItems")
async def list_saml_provider_tags(call: Call) -> Output:
    return page_of_tags(call, (await _the_provider(call)).tags)


async def _the_provider(call: Call) -> SamlProvider:
    provider = await call.services.store.saml_providers.find(call.account, _name_of(call))
    if provider is None:
        raise _not_found(call)
    return provider


async def _change(call: Call, change: Callable[[SamlProvider], SamlProvider]) -> None:
    try:
        await call.services.store.saml_providers.change(call.account, _name_of(call), change)
    except Missing as problem:
        raise _not_found(call) from problem


def _name_of(call: Call) -> str:
    found = _ARN.fullmatch(call.input["SAMLProviderArn"])
    if found is None:
        raise Refused("ValidationError", f"ARN {call.input['SAMLProviderArn']} is not valid.")
    if found["account"] != call.account:
        raise _not_found(call)
    return found["name"]


def _not_found(call: Call) -> Refused:
    return Refused("NoSuchEntity", f"Manifest not found for arn {call.input['SAMLProviderArn']}")


def _valid_until(text: str) -> float | None:
    """When the metadata ends, where it says so. Raises Refused for what is no provider's metadata."""
    try:
        return parse_metadata(text.encode()).valid_until
    except Unreadable as problem:
        raise Refused("InvalidInput", "Could not parse metadata", f"SAML metadata: {problem}") from problem


def _shown_end(provider: SamlProvider) -> float:
    return provider.valid_until or provider.created_at + WITHOUT_AN_END_S
