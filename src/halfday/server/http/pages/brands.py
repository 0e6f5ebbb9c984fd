"""Which style a page is shown in: that of the app client, by the version of the domain that the browser is at.

Version 1 are the classic pages, with the CSS and the logo of SetUICustomization; they know neither passkeys nor a
choice of first factors. Version 2 is managed login: an app client without a style of its own has no pages there
(facts/oauth.md §0). Whoever calls the server by its own origin sees what the pool's domain shows, and everything where
the pool has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.configuration import ALL_CLIENTS
from halfday.server.domain.user_pools.pools import Pool
from halfday.server.domain.user_pools.style_paths import classic_path
from halfday.server.http.brand_images import asset_path
from halfday.server.http.requests.hosts import domain_of_host
from halfday.server.pages import PLAIN, Look, classic_look, managed_look
from halfday.server.services import Services

CLASSIC, MANAGED = 1, 2


class PagesUnavailable(Exception):
    """The app client has no style, at a domain with managed login."""

    def __init__(self, client: AppClient) -> None:
        super().__init__(client.client_id)
        self.client = client


@dataclass(frozen=True, slots=True)
class Brand:
    """`offers_choice`: people may sign in by something else than a password, and add passkeys.

    `in_two_steps`: the name is asked for first, on a page of its own. `shows_terms`: where people sign up.
    """

    look: Look = field(default=PLAIN)
    offers_choice: bool = True
    in_two_steps: bool = False
    shows_terms: bool = True


async def brand_of(request: Request, services: Services, pool: Pool, client: AppClient) -> Brand:
    """Raises PagesUnavailable."""
    domain = await domain_of_host(request, services) or await services.store.domains.of_pool(pool.pool_id)
    version = domain.managed_login_version if domain else None
    if version == CLASSIC:
        return Brand(await _classic(services, client), offers_choice=False, shows_terms=False)
    look = await _managed(services, client)
    if look is None and version == MANAGED:
        raise PagesUnavailable(client)
    return Brand(look or PLAIN, in_two_steps=version == MANAGED)


async def _classic(services: Services, client: AppClient) -> Look:
    """The client's own style, else that of every client without one; the plain pages where there is neither."""
    styles = services.store.ui_customizations
    style = await styles.find(client.pool_id, client.client_id) or await styles.find(client.pool_id, ALL_CLIENTS)
    if style is None or not (style.css or style.image):
        return PLAIN
    return classic_look(style, classic_path(style, "image") if style.image else None)


async def _managed(services: Services, client: AppClient) -> Look | None:
    style = await services.store.brandings.find_by_client(client.pool_id, client.client_id)
    if style is None:
        return None
    return managed_look(style.settings, style.assets, lambda asset: asset_path(style, asset))
