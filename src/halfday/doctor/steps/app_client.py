"""The app client, asked about at the sign-in page and at the token endpoint: P2 and P3 of facts/failures.md."""

from __future__ import annotations

from dataclasses import replace

from halfday.client.errors import CallbackRefused, TokenRefused
from halfday.client.oauth import authorization
from halfday.client.oauth.explanation import difference
from halfday.doctor.pasted.sent_requests import redirect_facts
from halfday.doctor.steps import probes
from halfday.doctor.steps.examination import Examination, Step, not_checked, ok, problem


def check_sign_in_page(examination: Examination) -> Step:
    """P2: redirect URI registered, app client known, flow and scopes enabled."""
    if obstacle := _obstacle(examination):
        return not_checked(obstacle)
    try:
        taken = [uri for uri in examination.redirect_uris if _takes(examination, uri)]
    except CallbackRefused as refusal:
        return _refused(examination, refusal)
    examination.facts["client_is_known"] = ""
    if not taken:
        return _unregistered(examination, examination.redirect_uris[0])
    examination.redirect_uri = taken[0]
    examination.facts["redirect_uri_is_registered"] = ""
    others = [uri for uri in examination.redirect_uris if uri not in taken]
    beside = f"; not registered: {', '.join(others)}" if others and examination.settings.redirect_uris else ""
    return ok(f"it takes client_id, scopes and redirect_uri {taken[0]}{beside}")


def check_token_endpoint(examination: Examination) -> Step:
    """P3: a made-up code. Cognito looks at the code only after client, secret and content type."""
    if obstacle := _obstacle(examination):
        return not_checked(obstacle)
    redirect_uri = examination.redirect_uri or examination.redirect_uris[0]
    refusal = examination.ask(probes.ask_for_tokens(examination.settings, redirect_uri))
    if refusal.error == "invalid_grant":
        kind = (
            "client_id and client_secret belong together" if examination.settings.client_secret else "a public client"
        )
        return ok(f"it knows the app client: {kind}")
    if refusal.error == "invalid_client":
        return problem(str(refusal), refusal, _about_the_secret(examination, redirect_uri))
    if refusal.error == "unauthorized_client":
        return problem(str(refusal), refusal, _about_the_flow(examination))
    return problem(str(refusal), refusal)


def _obstacle(examination: Examination) -> str:
    """Why the app client cannot be asked about; empty when it can."""
    domain = examination.settings.domain
    if domain is None:
        return "there is no domain: sign-ins by password alone need none"
    return examination.obstacle(domain.origin)


def _takes(examination: Examination, redirect_uri: str, scopes: tuple[str, ...] | None = None) -> bool:
    connection = examination.connection
    random, now = connection.random(authorization.RANDOM_BYTES), connection.clock()
    return examination.ask(
        probes.takes_redirect(examination.settings, redirect_uri, random=random, now=now, scopes=scopes)
    )


def _refused(examination: Examination, refusal: CallbackRefused) -> Step:
    """The step for a refusal. One that came by way of the redirect URI shows that client and redirect URI are right."""
    if "on_error_page" in refusal.symptom.facts:
        examination.facts["client_is_unknown"] = ""
        return problem(str(refusal), refusal, {"link_is_sound": "", **_other_domain(examination)})
    examination.facts |= {"client_is_known": "", "redirect_uri_is_registered": ""}
    told = f"{refusal.error} {refusal.description}"
    if "unauthorized_client" in told or "not enabled" in told.lower():
        examination.facts["flow_is_off"] = ""
    return problem(str(refusal), refusal, _about_the_scopes(examination) if "invalid_scope" in told else None)


def _about_the_scopes(examination: Examination) -> dict[str, str]:
    """Tries one scope at a time, with openid, which some scopes need: one accepted so is only refused alone."""
    scopes = examination.settings.scopes
    refused = [scope for scope in scopes if not _takes_scopes(examination, tuple(dict.fromkeys((scope, "openid"))))]
    if "openid" not in scopes and not _takes_scopes(examination, ("openid",)):
        refused = [scope for scope in scopes if not _takes_scopes(examination, (scope,))]
    return {"refused_scopes": ", ".join(refused)} if refused else {"scopes_together": " ".join(scopes)}


def _takes_scopes(examination: Examination, scopes: tuple[str, ...]) -> bool:
    try:
        return any(_takes(examination, uri, scopes) for uri in examination.redirect_uris)
    except CallbackRefused:
        return False


def _unregistered(examination: Examination, asked: str) -> Step:
    """The step for a redirect URI that is not registered: which spelling is, and what is refused with that one."""
    facts, beside = redirect_facts(asked), Step("ok", "")
    refusal = CallbackRefused("redirect_mismatch", f"not registered: {', '.join(examination.redirect_uris)}")
    for uri in probes.variants(asked):
        try:
            if not _takes(examination, uri):
                continue
        except CallbackRefused as other:
            beside = _refused(examination, other)
        facts |= {"registered_as": uri, "difference": difference(asked, uri)}
        if "different strings" in facts["difference"]:
            facts["other_host"] = ""
        break
    examination.facts["redirect_uri_is_unregistered"] = ""
    step = problem(f"redirect_uri {asked} is not registered", refusal, facts)
    return replace(step, findings=(*step.findings[:1], *beside.findings))


def _other_domain(examination: Examination) -> dict[str, str]:
    """Whether the pool says that it has another domain than the one that is set."""
    domain, real = examination.settings.domain, examination.pool_domain
    if domain is None or real is None or domain.origin == real:
        return {}
    return {"domain": domain.origin, "real_domain": real}


def _about_the_secret(examination: Examination, redirect_uri: str) -> dict[str, str]:
    """Asks again without the secret: a client that is accepted then has none."""
    if examination.settings.client_secret:
        again: TokenRefused = examination.ask(
            probes.ask_for_tokens(examination.settings, redirect_uri, with_secret=False)
        )
        if again.error != "invalid_client":
            examination.facts["secret_is_superfluous"] = ""
            return {"secret_is_superfluous": ""}
    return _known(examination, "client_is_known", "client_is_unknown")


def _about_the_flow(examination: Examination) -> dict[str, str]:
    facts = _known(examination, "redirect_uri_is_registered", "redirect_uri_is_unregistered", "flow_is_off")
    if "redirect_uri_is_registered" in facts:
        facts["flow_is_off"] = examination.facts["flow_is_off"] = ""
    return facts


def _known(examination: Examination, *names: str) -> dict[str, str]:
    return {name: examination.facts[name] for name in names if name in examination.facts}
