"""A sign-in that the provider began: its answer comes without a request of ours, and names app and redirect URI itself.

Nothing binds such an answer to the browser that brings it, so it is allowed by IDPInit only, for app clients without
other ways in, and each answer once. Source: facts/federation.md §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qsl

from halfday.server.domain.refusals import Refused
from halfday.server.domain.request_context import RequestContext
from halfday.server.domain.sign_in.codes_and_sessions import PendingFederation
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.providers import KINDS, ExternalProvider, are_mixed
from halfday.server.flows.federation.federation import FederatedUser, adapter_of, signed_in
from halfday.server.outside.provider_port import Callback, Refusal, Unsolicited, UnsolicitedProvider
from halfday.server.services import Services
from halfday.server.storage.errors import Taken

_MOST_PARAMETERS = 100
_USED = "used"
"""In place of a browser's digest: the row is no pending sign-in, and says that an answer was taken."""


def request_in(relay_state: str) -> dict[str, str] | None:
    """The authorize request that the provider wrote into RelayState; None for a state of ours, which has no `=`.

    None too where a parameter stands twice (RFC 6749 §3.1).
    """
    if "=" not in relay_state:
        return None
    try:
        pairs = parse_qsl(relay_state, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return None
    found = dict(pairs)
    named = "client_id" in found and {"identity_provider", "idp_identifier"} & set(found)
    return found if named and len(found) == len(pairs) else None


async def finish(
    services: Services,
    provider: ExternalProvider,
    pool: Pool,
    client: AppClient,
    *,
    context: RequestContext,
    origin: str,
    callback: Callback,
    answer: Mapping[str, str],
) -> FederatedUser:
    """Who comes by the provider's own accord. Raises Refused."""
    adapter = adapter_of(services, provider)
    if callback != adapter.callback or not isinstance(adapter, UnsolicitedProvider):
        raise Refusal.NOT_ALLOWED.because(f"{provider.name} cannot begin a sign-in")
    if are_mixed(client.identity_providers, await services.store.providers.of_pool(pool.pool_id)):
        detail = f"app client {client.client_id} has other ways in than providers that begin sign-ins"
        raise Refusal.NOT_ALLOWED.because(detail)
    if not adapter.may_begin:
        raise Refusal.NOT_ALLOWED.because(f"IDPInit of {provider.name} is not true")
    proven = await adapter.finish_unsolicited(origin, answer)
    await _take_once(services, provider, proven)
    return await signed_in(services, pool, client, provider, proven.identity, context=context)


async def _take_once(services: Services, provider: ExternalProvider, proven: Unsolicited) -> None:
    """Notes the answer's id for as long as the answer would be good. Raises Refused for one that was noted before."""
    identified = "\n".join((provider.pool_id, provider.name, proven.answer_id))
    noted = PendingFederation(
        state_hash=f"answer-{sha256(identified.encode()).hexdigest()}",  # equals the digest of no state
        pool_id=provider.pool_id,
        provider_name=provider.name,
        query="",
        nonce="",
        browser_hash=_USED,
        expires_at=proven.good_until,
    )
    try:
        await services.store.federations.insert(noted)
    except Taken as problem:
        raise _refused(
            provider, "Assertion was used already", f"{provider.name}: the assertion is replayed"
        ) from problem


def _refused(provider: ExternalProvider, sentence: str, detail: str) -> Refused:
    code, first_words = KINDS[provider.kind].refusal
    return Refused(code, first_words + sentence, detail)
