"""OpenID Connect providers whose people may assume roles: by URL, client ids and thumbprints.

No certificate is fetched where no thumbprint is given. Source: facts/iam.md §1, §2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from halfday.protocol.endpoints import LOOPBACK_HOSTS
from halfday.server.domain.aws.iam_tags import new_tags, with_tags, without_tags
from halfday.server.domain.aws.trusted_providers import OidcProvider
from halfday.server.domain.refusals import Refused
from halfday.server.operations.aws.iam.answers import sorted_tags, tag_list
from halfday.server.operations.aws.iam.pages import page_of_tags
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing, Taken

MOST_CLIENT_IDS, MOST_THUMBPRINTS = 100, 5
_URL = re.compile(r"https://(?P<issuer>[\w-]+(?:\.[\w-]+)*(?:/[\w.~!$&'()*+,;=:@%-]*)*)", re.ASCII)
_ARN = re.compile(r"arn:aws:iam::\d{12}:oidc-provider/(?P<issuer>\S+)", re.ASCII)


@operation("iam", "CreateOpenIDConnectProvider", honours="Url ClientIDList ThumbprintList Tags")
async def create_open_id_connect_provider(call: Call) -> Output:
    given = call.input
    provider = OidcProvider(
        account=call.account,
        url=_issuer(call, given["Url"]),
        created_at=call.now,
        client_ids=_client_ids(given.get("ClientIDList", ())),
        thumbprints=_thumbprints(given.get("ThumbprintList", ())),
        tags=new_tags(given.get("Tags", ()), any_case=False),
    )
    try:
        await call.services.store.oidc_providers.insert(provider)
    except Taken as problem:
        raise Refused("EntityAlreadyExists", f"Provider with url {given['Url']} already exists.") from problem
    return {"OpenIDConnectProviderArn": provider.arn, "Tags": tag_list(provider.tags) or None}


@operation("iam", "GetOpenIDConnectProvider", honours="OpenIDConnectProviderArn")
async def get_open_id_connect_provider(call: Call) -> Output:
    provider = await _the_provider(call)
    return {
        "Url": provider.url,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": provider.created_at,
        "Tags": sorted_tags(provider.tags),
    }


@operation("iam", "ListOpenIDConnectProviders")
async def list_open_id_connect_providers(call: Call) -> Output:
    providers = await call.services.store.oidc_providers.of_account(call.account)
    return {"OpenIDConnectProviderList": [{"Arn": provider.arn} for provider in providers]}


@operation("iam", "UpdateOpenIDConnectProviderThumbprint", honours="OpenIDConnectProviderArn ThumbprintList")
async def update_open_id_connect_provider_thumbprint(call: Call) -> Output:
    thumbprints = _thumbprints(call.input["ThumbprintList"])
    await _change(call, lambda provider: replace(provider, thumbprints=thumbprints))
    return {}


@operation("iam", "AddClientIDToOpenIDConnectProvider", honours="OpenIDConnectProviderArn ClientID")
async def add_client_id_to_open_id_connect_provider(call: Call) -> Output:
    """One that is there already stays."""
    added = call.input["ClientID"]
    await _change(call, lambda known: replace(known, client_ids=_client_ids((*known.client_ids, added))))
    return {}


@operation("iam", "RemoveClientIDFromOpenIDConnectProvider", honours="OpenIDConnectProviderArn ClientID")
async def remove_client_id_from_open_id_connect_provider(call: Call) -> Output:
    """One that is not there needs no removing."""
    gone = call.input["ClientID"]
    await _change(call, lambda known: replace(known, client_ids=tuple(one for one in known.client_ids if one != gone)))
    return {}


@operation("iam", "DeleteOpenIDConnectProvider", honours="OpenIDConnectProviderArn")
async def delete_open_id_connect_provider(call: Call) -> Output:
    arn = call.input["OpenIDConnectProviderArn"]
    try:
        await call.services.store.oidc_providers.delete(call.account, _url_of(call))
    except (Missing, Refused) as problem:
        raise Refused("NoSuchEntity", f"OpenId connect Provider {arn} cannot be found.") from problem
    return {}


@operation("iam", "TagOpenIDConnectProvider", honours="OpenIDConnectProviderArn Tags")
async def tag_open_id_connect_provider(call: Call) -> Output:
    added = new_tags(call.input["Tags"], any_case=False)
    await _change(call, lambda known: replace(known, tags=with_tags(known.tags, added, any_case=False)))
    return {}


@operation("iam", "UntagOpenIDConnectProvider", honours="OpenIDConnectProviderArn TagKeys")
async def untag_open_id_connect_provider(call: Call) -> Output:
    keys = call.input["TagKeys"]
    await _change(call, lambda known: replace(known, tags=without_tags(known.tags, keys, any_case=False)))
    return {}


@operation("iam", "ListOpenIDConnectProviderTags", honours="OpenIDConnectProviderArn Marker MaxItems")
async def list_open_id_connect_provider_tags(call: Call) -> Output:
    return page_of_tags(call, (await _the_provider(call)).tags)


async def _the_provider(call: Call) -> OidcProvider:
    provider = await call.services.store.oidc_providers.find(call.account, _url_of(call))
    if provider is None:
        raise _not_found(call)
    return provider


async def _change(call: Call, change: Callable[[OidcProvider], OidcProvider]) -> None:
    try:
        await call.services.store.oidc_providers.change(call.account, _url_of(call), change)
    except Missing as problem:
        raise _not_found(call) from problem


def _url_of(call: Call) -> str:
    found = _ARN.fullmatch(call.input["OpenIDConnectProviderArn"])
    if found is None:
        raise Refused("ValidationError", f"ARN {call.input['OpenIDConnectProviderArn']} is not valid.")
    if call.input["OpenIDConnectProviderArn"].split(":")[4] != call.account:
        raise _not_found(call)
    return found["issuer"]


def _not_found(call: Call) -> Refused:
    arn = call.input["OpenIDConnectProviderArn"]
    return Refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")


def _issuer(call: Call, url: str) -> str:
    """The URL without its scheme. Of this server's own user pools, and of stand-ins on this machine, it may be http."""
    if url.startswith(f"{call.services.origin}/") or _is_on_this_machine(url):
        return url.partition("://")[2].rstrip("/")
    found = _URL.fullmatch(url)
    if found is None:
        raise Refused("ValidationError", "Invalid Open ID Connect Provider URL")
    return found["issuer"]


def _is_on_this_machine(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS and not (parts.query or parts.fragment)


def _client_ids(given: Iterable[str]) -> tuple[str, ...]:
    known = tuple(dict.fromkeys(given))
    if len(known) > MOST_CLIENT_IDS:
        raise Refused("LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENT_IDS}")
    return known


def _thumbprints(given: Iterable[str]) -> tuple[str, ...]:
    known = tuple(given)
    if len(known) > MOST_THUMBPRINTS:
        raise Refused("InvalidInput", f"Thumbprint list must contain fewer than {MOST_THUMBPRINTS} entries.")
    return known
