"""The links to an app's terms of use and privacy policy, which its sign-up page shows where it has both.

Source: Developer guide, "Terms documents": one alone is not shown, and the classic pages show none.
"""

from __future__ import annotations

from halfday.server import pages
from halfday.server.domain.user_pools.terms_links import PRIVACY_POLICY, TERMS_OF_USE, link_of
from halfday.server.http.pages.forms import Visit


async def links_of(visit: Visit) -> pages.TermsLinks | None:
    """The documents in the page's language."""
    client, documents = visit.asked.client, visit.services.store.terms
    if not visit.brand.shows_terms:
        return None
    found = [await documents.find_by_name(client.pool_id, client.client_id, n) for n in (TERMS_OF_USE, PRIVACY_POLICY)]
    terms_of_use, privacy_policy = found
    if terms_of_use is None or privacy_policy is None:
        return None
    return pages.TermsLinks(link_of(terms_of_use, visit.language), link_of(privacy_policy, visit.language))
