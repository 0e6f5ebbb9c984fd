"""From a refusal, the request that was refused and the sign-in link before it to the causes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from halfday.client.causes.catalogue import Finding, Symptom
from halfday.client.causes.matching import find
from halfday.client.connection import Connection
from halfday.client.oauth.explanation import compare
from halfday.client.oauth.journal import Journal
from halfday.doctor.pasted import sent_requests as requests
from halfday.doctor.pasted.refusals import read
from halfday.doctor.steps.app_client import check_sign_in_page, check_token_endpoint
from halfday.doctor.steps.examination import Examination, examine
from halfday.doctor.steps.settings_and_pool import check_clock, check_connections


@dataclass(frozen=True)
class Evidence:
    """What there is. `sent`: the request, as curl or HTTP. `link`: the sign-in link that was opened."""

    refusal: str
    sent: str = ""
    link: str = ""


@dataclass(frozen=True)
class Diagnosis:
    symptom: Symptom
    findings: tuple[Finding, ...]


def diagnose(
    evidence: Evidence, *, now: float, journal: Journal | None = None, connection: Connection | None = None
) -> Diagnosis:
    """The causes, the likeliest first. Raises ValueError for a request or link that cannot be read.

    `journal` remembers the sign-ins and codes of this machine; with a `connection` the app client is asked about too.
    """
    request = requests.read_request(evidence.sent) if evidence.sent else None
    symptom = read(evidence.refusal, url=request.url if request else "", now=now)
    facts = dict(symptom.facts)
    if request:
        facts |= requests.facts_of(request)
        facts |= _compared(request, evidence.link, journal, now)
    if evidence.link:
        facts |= requests.link_facts(evidence.link)
    if connection:
        facts |= asked_about(connection)
    opened = bool(evidence.link) and symptom.at == "authorize"
    symptom = replace(symptom, facts=facts, sure=symptom.sure or opened)
    return Diagnosis(symptom, find(symptom))


def asked_about(connection: Connection) -> dict[str, str]:
    """The facts that sign-in page, token endpoint and clock tell of the connection, where words leave it open."""
    examination = Examination(connection)
    checks = {"connection": check_connections, "sign-in page": check_sign_in_page, "clock": check_clock}
    for _ in examine(examination, {**checks, "token endpoint": check_token_endpoint}):
        pass
    return examination.facts


def _compared(request: requests.SentRequest, link: str, journal: Journal | None, now: float) -> dict[str, str]:
    grant = requests.grant_of(request)
    if grant is None or not (link or journal):
        return {}
    began = requests.read_link(link, now=now) if link else None
    if journal and began and (known := journal.find(began.state)):
        began = known
    spent = journal.find_spent(grant.code) if journal else None
    return compare(grant, began=began, spent=spent, returned_at=None, now=now)
