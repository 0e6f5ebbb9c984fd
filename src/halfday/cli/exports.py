"""Shell lines that point the command line at a server which a seed file describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def exports(document: Mapping[str, Any], origin: str) -> list[str]:
    """`export HALFDAY_…` lines for the first app client that signs in by the sign-in page and has no secret.

    Where all such clients have a secret, for the first of them. No lines where the file declares none.
    """
    clients = [client for pool in document.get("user_pool", ()) for client in pool.get("client", ())]
    usable = [client for client in clients if "code" in client.get("flows", ()) and "id" in client]
    if not usable:
        return []
    client = next((one for one in usable if "secret" not in one), usable[0])
    told = [f"export HALFDAY_DOMAIN={origin} HALFDAY_CLIENT_ID={client['id']}"]
    if "secret" in client:
        told.append("export HALFDAY_CLIENT_SECRET=…      # the client's secret in the seed file")
    pools = [pool for pool in document.get("identity_pool", ()) if client["id"] in pool.get("clients", ())]
    told += [f"export HALFDAY_IDENTITY_POOL_ID={pool['id']}" for pool in pools[:1] if "id" in pool]
    return told
