"""What a library needs of an app client and the app client lacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from halfday.snippets.app_clients import AppClient, prefix_for
from halfday.snippets.catalogue import CONFIDENTIAL, EITHER, Library


@dataclass(frozen=True, slots=True)
class Need:
    """`kind`: client, callback_urls, logout_urls, flows, scopes or auth_flows; of the pool issuer, domain or https.

    `sentence` says it to the person. `values` are to be added to a list of the app client's, or are the pool's one.
    """

    kind: str
    sentence: str
    values: tuple[str, ...] = ()


def needs_of(library: Library, client: AppClient, redirect_uri: str | None) -> list[Need]:
    """What the app client lacks, its kind first: of another kind it cannot be made, so a new one is needed."""
    return [*_client(library, client), *_lists(library, client, redirect_uri), *_pool(library, client)]


def _client(library: Library, client: AppClient) -> Iterator[Need]:
    if library.kind == EITHER or client.confidential == (library.kind == CONFIDENTIAL):
        return
    has = "has a secret" if client.confidential else "has none"
    wants = (
        "an app client with a secret" if library.kind == CONFIDENTIAL else "one without a secret, for all can read it"
    )
    yield Need("client", f"{library.title} wants {wants}; {client.client_id} {has}, for good: another one is needed")


def _lists(library: Library, client: AppClient, redirect_uri: str | None) -> Iterator[Need]:
    wanted = {
        "callback_urls": ((redirect_uri,) if redirect_uri else (), client.callback_urls, "the callback URL"),
        "flows": (library.flows, client.flows, "the flow"),
        "scopes": (library.scopes, client.scopes, "the scope"),
        "auth_flows": (library.auth_flows, client.auth_flows or library.auth_flows, "the sign-in by API"),
    }
    for kind, (needed, there, called) in wanted.items():
        lacking = tuple(one for one in needed if one not in there)
        if lacking:
            yield Need(kind, f"{called} {', '.join(lacking)} is not registered", lacking)
    if library.logout and not client.logout_urls and redirect_uri:
        yield Need("logout_urls", "no sign-out URL is registered", (home_of(redirect_uri),))


def _pool(library: Library, client: AppClient) -> Iterator[Need]:
    pool = client.pool
    if pool.aws_names and not pool.has_aws_issuer:
        yield Need("issuer", "by AWS's names this pool's tokens need AWS's issuer; theirs is this server", ("aws",))
    if pool.aws_names and library.flows and not pool.prefix:
        yield Need("domain", "the pool has no domain prefix", (prefix_for(pool.name),))
    if library.local_issuer and pool.has_aws_issuer and not pool.aws_names:
        said = f"{library.title} compares the issuer with the address that it asked; this pool's is AWS's own name"
        yield Need("issuer", said, ("local",))
    if library.https and not pool.is_https:
        yield Need("https", f"{library.https} goes to https:// whatever is configured, and {pool.origin} is not that")


def home_of(redirect_uri: str) -> str:
    """The page at the root of the application that waits at this address."""
    scheme, _, rest = redirect_uri.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/"
