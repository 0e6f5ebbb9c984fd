"""The app client, asked about at the sign-in page and at the token endpoint: P2 and P3 of facts/failures.md."""

from __future__ import annotations

from dataclasses import replace

from halfday.client.errors import CallbackRefused, TokenRefused
from halfday.client.oauth import authorization
from halfday.client.oauth.explanation import difference
from halfday.doctor.pasted.sent_requests import redirect_facts
from halfday.doctor.steps import probes
from halfday.doctor.steps.examination import Patient, Step, not_checked, ok, problem


def check_sign_in_page(patient: Patient) -> Step:
    """P2: redirect URI registered, app client known, flow and scopes enabled."""
    if obstacle := _obstacle(patient):
        return not_checked(obstacle)
    try:
        taken = [uri for uri in patient.redirect_uris if _takes(patient, uri)]
    except CallbackRefused as refusal:
        return _refused(patient, refusal)
    patient.facts["client_is_known"] = ""
    if not taken:
        return _unregistered(patient, patient.redirect_uris[0])
    patient.redirect_uri = taken[0]
    patient.facts["redirect_uri_is_registered"] = ""
    others = [uri for uri in patient.redirect_uris if uri not in taken]
    beside = f"; not registered: {', '.join(others)}" if others and patient.settings.redirect_uris else ""
    return ok(f"it takes client_id, scopes and redirect_uri {taken[0]}{beside}")


def check_token_endpoint(patient: Patient) -> Step:
    """P3: with a made-up code, which is looked at only after client, secret and content type were found right."""
    if obstacle := _obstacle(patient):
        return not_checked(obstacle)
    redirect_uri = patient.redirect_uri or patient.redirect_uris[0]
    refusal = patient.ask(probes.ask_for_tokens(patient.settings, redirect_uri))
    if refusal.error == "invalid_grant":
        kind = "client_id and client_secret belong together" if patient.settings.client_secret else "a public client"
        return ok(f"it knows the app client: {kind}")
    if refusal.error == "invalid_client":
        return problem(str(refusal), refusal, _about_the_secret(patient, redirect_uri))
    if refusal.error == "unauthorized_client":
        return problem(str(refusal), refusal, _about_the_flow(patient))
    return problem(str(refusal), refusal)


def _obstacle(patient: Patient) -> str:
    """Why the app client cannot be asked about; empty when it can."""
    domain = patient.settings.domain
    if domain is None:
        return "there is no domain: sign-ins by password alone need none"
    return patient.obstacle(domain.origin)


def _takes(patient: Patient, redirect_uri: str, scopes: tuple[str, ...] | None = None) -> bool:
    connection = patient.connection
    random, now = connection.random(authorization.RANDOM_BYTES), connection.clock()
    return patient.ask(probes.takes_redirect(patient.settings, redirect_uri, random=random, now=now, scopes=scopes))


def _refused(patient: Patient, refusal: CallbackRefused) -> Step:
    """What is refused by way of the redirect URI leaves client and redirect URI right."""
    if "on_error_page" in refusal.symptom.facts:
        patient.facts["client_is_unknown"] = ""
        return problem(str(refusal), refusal, {"link_is_sound": "", **_other_domain(patient)})
    patient.facts |= {"client_is_known": "", "redirect_uri_is_registered": ""}
    told = f"{refusal.error} {refusal.description}"
    if "unauthorized_client" in told or "not enabled" in told.lower():
        patient.facts["flow_is_off"] = ""
    return problem(str(refusal), refusal, _about_the_scopes(patient) if "invalid_scope" in told else None)


def _about_the_scopes(patient: Patient) -> dict[str, str]:
    """One scope at a time, with openid beside it, which some need: what is taken so is refused for going alone."""
    scopes = patient.settings.scopes
    refused = [scope for scope in scopes if not _takes_scopes(patient, tuple(dict.fromkeys((scope, "openid"))))]
    if "openid" not in scopes and not _takes_scopes(patient, ("openid",)):
        refused = [scope for scope in scopes if not _takes_scopes(patient, (scope,))]
    return {"refused_scopes": ", ".join(refused)} if refused else {"scopes_together": " ".join(scopes)}


def _takes_scopes(patient: Patient, scopes: tuple[str, ...]) -> bool:
    try:
        return any(_takes(patient, uri, scopes) for uri in patient.redirect_uris)
    except CallbackRefused:
        return False


def _unregistered(patient: Patient, asked: str) -> Step:
    """Which spelling of it is registered, if one is; and what else is refused with that one."""
    facts, beside = redirect_facts(asked), Step("ok", "")
    refusal = CallbackRefused("redirect_mismatch", f"not registered: {', '.join(patient.redirect_uris)}")
    for uri in probes.variants(asked):
        try:
            if not _takes(patient, uri):
                continue
        except CallbackRefused as other:
            beside = _refused(patient, other)
        facts |= {"registered_as": uri, "difference": difference(asked, uri)}
        if "different strings" in facts["difference"]:
            facts["other_host"] = ""
        break
    patient.facts["redirect_uri_is_unregistered"] = ""
    step = problem(f"redirect_uri {asked} is not registered", refusal, facts)
    return replace(step, findings=(*step.findings[:1], *beside.findings))


def _other_domain(patient: Patient) -> dict[str, str]:
    """Whether the pool says that it has another domain than the one that is set."""
    domain, real = patient.settings.domain, patient.pool_domain
    if domain is None or real is None or domain.origin == real:
        return {}
    return {"domain": domain.origin, "real_domain": real}


def _about_the_secret(patient: Patient, redirect_uri: str) -> dict[str, str]:
    """Asked again without the secret: a client that is then accepted has none."""
    if patient.settings.client_secret:
        again: TokenRefused = patient.ask(probes.ask_for_tokens(patient.settings, redirect_uri, with_secret=False))
        if again.error != "invalid_client":
            patient.facts["secret_is_superfluous"] = ""
            return {"secret_is_superfluous": ""}
    return _known(patient, "client_is_known", "client_is_unknown")


def _about_the_flow(patient: Patient) -> dict[str, str]:
    facts = _known(patient, "redirect_uri_is_registered", "redirect_uri_is_unregistered", "flow_is_off")
    if "redirect_uri_is_registered" in facts:
        facts["flow_is_off"] = patient.facts["flow_is_off"] = ""
    return facts


def _known(patient: Patient, *names: str) -> dict[str, str]:
    return {name: patient.facts[name] for name in names if name in patient.facts}
