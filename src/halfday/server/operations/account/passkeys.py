"""One's own passkeys: StartWebAuthnRegistration, CompleteWebAuthnRegistration, and what lists and deletes them.

Source: facts/api.md §4.2; API reference, WebAuthnCredentialDescription.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from halfday.server.domain.refusals import Refused
from halfday.server.domain.sign_in.passkeys import MOST_PER_USER
from halfday.server.domain.users.factors import Passkey
from halfday.server.flows.factors import passkeys
from halfday.server.operations.framework import paging
from halfday.server.operations.framework.lookups import the_caller
from halfday.server.operations.framework.registry import Call, Output, operation
from halfday.server.storage.errors import Missing


@operation("cognito-idp", "StartWebAuthnRegistration", honours="AccessToken")
async def start_web_authn_registration(call: Call) -> Output:
    me = the_caller(call)
    options = await passkeys.start_registration(call.services, me.pool, me.client, me.user)
    return {"CredentialCreationOptions": options}


@operation("cognito-idp", "CompleteWebAuthnRegistration", honours="AccessToken Credential")
async def complete_web_authn_registration(call: Call) -> Output:
    me = the_caller(call)
    await passkeys.complete_registration(call.services, me.pool, me.client, me.user, call.input["Credential"])
    return {}


@operation("cognito-idp", "ListWebAuthnCredentials", honours="AccessToken NextToken MaxResults")
async def list_web_authn_credentials(call: Call) -> Output:
    me = the_caller(call)
    fetch = partial(call.services.store.passkeys.page, me.pool.pool_id, me.user.username)
    return await paging.listing(
        call, "Credentials", fetch, key=lambda passkey: passkey.credential_id, shape=_description, most=MOST_PER_USER
    )


@operation("cognito-idp", "DeleteWebAuthnCredential", honours="AccessToken CredentialId")
async def delete_web_authn_credential(call: Call) -> Output:
    """The sentence for an unknown credential is ours [inferred]."""
    me = the_caller(call)
    try:
        await call.services.store.passkeys.delete(me.pool.pool_id, me.user.username, call.input["CredentialId"])
    except Missing as problem:
        raise Refused("ResourceNotFoundException", "WebAuthn credential does not exist.") from problem
    return {}


def _description(passkey: Passkey) -> dict[str, Any]:
    return {
        "CredentialId": passkey.credential_id,
        "FriendlyCredentialName": passkey.name,
        "RelyingPartyId": passkey.relying_party_id,
        "AuthenticatorAttachment": passkey.attachment,
        "AuthenticatorTransports": list(passkey.transports),
        "CreatedAt": passkey.created_at,
    }
