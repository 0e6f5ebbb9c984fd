"""The last steps: the session, the identity pool, the credentials, and what comes before them in an AWS profile."""

from __future__ import annotations

from halfday.client.causes.catalogue import Symptom
from halfday.client.configuration import aws_config
from halfday.client.configuration.setting_sources import config_path, read_profile
from halfday.client.errors import ApiRefused, HalfdayError, SignInNeeded
from halfday.doctor.steps import probes
from halfday.doctor.steps.examination import Examination, Step, not_checked, ok, problem
from halfday.protocol.identifiers import login_provider, region_of_identity

NOBODY = "nobody is signed in: halfday login"
_CLOCK = ("clock_is_ahead", "clock_is_behind")


def check_session(examination: Examination) -> Step:
    """P4: the kept session's ID token, renewed when it is old and verified. One that cannot be read is a problem."""
    if examination.unusable is not None:
        return problem(str(examination.unusable), examination.unusable)
    if examination.session is None:
        return not_checked(NOBODY)
    try:
        claims = examination.session.claims
    except SignInNeeded as ended:
        examination.session = None
        return not_checked(f"{ended}: halfday login")
    except HalfdayError as error:
        return problem(str(error), error, _clock(examination))
    name = claims.get("email") or claims.get("cognito:username") or claims.subject
    return ok(f"{name}, verified")


def check_identity_pool(examination: Examination) -> Step:
    """P6: the pool is there; with a session, that it takes the person, and so lists user pool and app client.

    A made-up token may be refused whichever providers are listed, and then it tells nothing of them.
    """
    settings = examination.settings
    if settings.identity_pool_id is None:
        return not_checked("identity_pool_id is not set: no AWS credentials are wanted")
    if obstacle := examination.obstacle(settings.identity_endpoint()):
        return not_checked(obstacle)
    refusal = examination.ask(probes.ask_for_identity(settings, _provider(examination)))
    told = refusal.message.lower() if refusal else ""
    if refusal and "not found" in told:
        return problem(refusal.message, refusal)
    if examination.pool_id is None:
        return ok("it is there; whether it lists the user pool shows when user_pool_id is set")
    if refusal and ("not from a supported provider" in told or "identity providers" in told):
        return problem(refusal.message, refusal, {"user_pool_is_not_listed": ""})
    return _takes_the_person(examination)


def check_credentials(examination: Examination) -> Step:
    """The role's trust policy lets the person in, and AWS credentials come."""
    if examination.settings.identity_pool_id is None:
        return not_checked("identity_pool_id is not set: no AWS credentials are wanted")
    if examination.session is None:
        return not_checked(NOBODY)
    if obstacle := examination.obstacle(examination.settings.identity_endpoint()):
        return not_checked(obstacle)
    try:
        credentials = examination.session.credentials()
    except ApiRefused as refusal:
        return problem(str(refusal), refusal, _clock(examination))
    left_s = credentials.expires_at - examination.connection.clock()
    return ok(f"good for {left_s / 60:.0f} minutes more")


def check_aws_profile(examination: Examination) -> Step:
    """Nothing stands before the profile's own credentials (facts/failures.md 7.2, 7.3)."""
    profile, environ = examination.settings.profile, examination.environ
    keys = read_profile(config_path(environ), profile)
    if keys is None or "credential_process" not in keys:
        return not_checked(f"the AWS profile {profile} has no credential_process: halfday configure writes one")
    if aws_config.has_section(aws_config.credentials_path(environ), profile):
        told = f"the credentials file has a section [{profile}] of its own"
        return problem(told, Symptom("process", facts={"shadowing_section": profile}))
    if environ.get("AWS_ACCESS_KEY_ID"):
        symptom = Symptom("process", facts={"keys_in_environment": "AWS_ACCESS_KEY_ID"})
        return problem("AWS_ACCESS_KEY_ID is set in the environment", symptom)
    return ok(f"the AWS profile {profile} gets credentials by credential_process")


def _takes_the_person(examination: Examination) -> Step:
    if examination.session is None:
        return ok("it is there; whether it lists the user pool shows when somebody is signed in")
    try:
        return ok(f"it takes this person, as {examination.session.identity_id}")
    except ApiRefused as refusal:
        return problem(str(refusal), refusal, {"aud": examination.settings.client_id or "", **_clock(examination)})


def _provider(examination: Examination) -> str:
    """The login provider of the user pool; without a pool, of one that cannot exist, in the same region."""
    if examination.pool_id:
        return login_provider(examination.pool_id)
    return login_provider(f"{region_of_identity(examination.settings.require('identity_pool_id'))}_doctor000")


def _clock(examination: Examination) -> dict[str, str]:
    return {name: examination.facts[name] for name in _CLOCK if name in examination.facts}
