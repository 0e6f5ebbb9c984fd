"""The last steps: who is signed in, what the identity pool says, whether credentials come, and what shadows them."""

from __future__ import annotations

from halfday.client.causes.catalogue import Symptom
from halfday.client.configuration import aws_config
from halfday.client.configuration.sources import config_path, read_profile
from halfday.client.errors import ApiRefused, HalfdayError, SignInNeeded
from halfday.doctor.steps import probes
from halfday.doctor.steps.examination import Patient, Step, not_checked, ok, problem
from halfday.protocol.identifiers import login_provider, region_of_identity

NOBODY = "nobody is signed in: halfday login"
_CLOCK = ("clock_is_ahead", "clock_is_behind")


def check_session(patient: Patient) -> Step:
    """P4: the kept session's ID token, renewed when it is old and verified. One that cannot be read is a problem."""
    if patient.unusable is not None:
        return problem(str(patient.unusable), patient.unusable)
    if patient.session is None:
        return not_checked(NOBODY)
    try:
        claims = patient.session.claims
    except SignInNeeded as ended:
        patient.session = None
        return not_checked(f"{ended}: halfday login")
    except HalfdayError as error:
        return problem(str(error), error, _clock(patient))
    name = claims.get("email") or claims.get("cognito:username") or claims.subject
    return ok(f"{name}, verified")


def check_identity_pool(patient: Patient) -> Step:
    """P6: the pool is there; with a session, that it takes the person, and so lists user pool and app client.

    A made-up token is refused as such, whichever providers are listed, and then tells nothing of them.
    """
    settings = patient.settings
    if settings.identity_pool_id is None:
        return not_checked("identity_pool_id is not set: no AWS credentials are wanted")
    if obstacle := patient.obstacle(settings.identity_endpoint()):
        return not_checked(obstacle)
    refusal = patient.ask(probes.ask_for_identity(settings, _provider(patient)))
    told = refusal.message.lower() if refusal else ""
    if refusal and "not found" in told:
        return problem(refusal.message, refusal)
    if patient.pool_id is None:
        return ok("it is there; whether it lists the user pool shows when user_pool_id is set")
    if refusal and ("not from a supported provider" in told or "identity providers" in told):
        return problem(refusal.message, refusal, {"user_pool_is_not_listed": ""})
    return _takes_the_person(patient)


def check_credentials(patient: Patient) -> Step:
    """The role's trust policy lets the person in, and AWS credentials come."""
    if patient.settings.identity_pool_id is None:
        return not_checked("identity_pool_id is not set: no AWS credentials are wanted")
    if patient.session is None:
        return not_checked(NOBODY)
    if obstacle := patient.obstacle(patient.settings.identity_endpoint()):
        return not_checked(obstacle)
    try:
        credentials = patient.session.credentials()
    except ApiRefused as refusal:
        return problem(str(refusal), refusal, _clock(patient))
    left_s = credentials.expires_at - patient.connection.clock()
    return ok(f"good for {left_s / 60:.0f} minutes more")


def check_aws_profile(patient: Patient) -> Step:
    """Nothing stands before the profile's own credentials (facts/failures.md 7.2, 7.3)."""
    profile, environ = patient.settings.profile, patient.environ
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


def _takes_the_person(patient: Patient) -> Step:
    if patient.session is None:
        return ok("it is there; whether it lists the user pool shows when somebody is signed in")
    try:
        return ok(f"it takes this person, as {patient.session.identity_id}")
    except ApiRefused as refusal:
        return problem(str(refusal), refusal, {"aud": patient.settings.client_id or "", **_clock(patient)})


def _provider(patient: Patient) -> str:
    """The user pool as a login; without one a pool that cannot be, of the same region."""
    if patient.pool_id:
        return login_provider(patient.pool_id)
    return login_provider(f"{region_of_identity(patient.settings.require('identity_pool_id'))}_doctor000")


def _clock(patient: Patient) -> dict[str, str]:
    return {name: patient.facts[name] for name in _CLOCK if name in patient.facts}
