"""What is called certain was proven: by facts, or by words that have one cause at a place that is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doctor.test_foreign_lines import lines
from halfday.client.causes.catalogue import PLACES, Symptom, catalogue
from halfday.client.causes.matching import BY_SENTENCE, find, match_text
from halfday.doctor.diagnosis import Evidence, diagnose
from halfday.doctor.pasted.refusals import read

BY_WORDS = [cause for cause in catalogue() if cause.certain and not cause.when]
SENTENCES = [(cause, says) for cause in catalogue() for says in cause.says if not cause.when]


def test_a_cause_is_certain_at_known_places_only() -> None:
    for cause in catalogue():
        assert set(cause.at) | set(cause.certain) <= PLACES, cause.id
        assert not (cause.at and set(cause.certain) - set(cause.at)), cause.id


def test_what_is_inferred_or_stands_in_for_knowledge_is_never_certain() -> None:
    assert [cause.id for cause in catalogue() if cause.certain and (cause.otherwise or cause.confidence == "C")] == []


def first(says: str) -> str:
    found = diagnose(Evidence(says), now=0.0).findings
    return found[0].cause if found else ""


def test_a_causes_own_sentence_is_explained_by_it() -> None:
    assert [(cause.id, says, first(says)) for cause, says in SENTENCES if first(says) != cause.id] == []


def test_no_sentence_of_another_cause_makes_one_certain() -> None:
    """Whichever of its places the sentence is told at; but for `network`, which the client alone says, of its own.

    A mere word (invalid_scope) may be another place's for another cause.
    """
    for other, says in SENTENCES:
        symptom = read(says)
        for cause in BY_WORDS:
            words = match_text(cause, symptom)
            if cause.id == other.id or words is None:
                continue
            for place in set(cause.certain) - {"network"}:
                if words.how != BY_SENTENCE and other.at and place not in other.at:
                    continue
                certain = {found.cause for found in find(replace(symptom, at=place, sure=True)) if found.certain}
                assert cause.id not in certain, (cause.id, place, other.id, says)


def test_what_is_not_cognitos_makes_nothing_certain() -> None:
    for line in lines("a"):
        if line.cause in ("elsewhere", "unknown"):
            certain = [found.cause for found in diagnose(Evidence(line.text), now=0.0).findings if found.certain]
            assert certain == [], line.text


def test_without_a_place_words_prove_nothing() -> None:
    for cause in BY_WORDS:
        for says in cause.says:
            found = find(Symptom("", "", says, sure=False))
            assert [finding.cause for finding in found if finding.certain] == []


@pytest.mark.parametrize(
    "text",
    [
        "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        "http://localhost:8080/",
        "http://localhost:8080/callback?error=unauthorized_client",
        "https://app.example.com/callback?error=access_denied&error_description=The+user+denied+it",
        "https://app.example.com/welcome",
        "Access to fetch at 'https://abc.execute-api.eu-west-1.amazonaws.com/prod' from origin 'http://localhost:3000' "
        "has been blocked by CORS policy",
        "invalid_request",
        '{"error":"invalid_request"}',
        "invalid_request (Parameter 'code_verifier' is required)",
        "getaddrinfo ENOTFOUND auth.example.com",
        "User does not exist",
        "Token expired",
        "Rate exceeded",
    ],
)
def test_a_symptom_without_a_place_is_likely_at_most(text: str) -> None:
    assert [found.cause for found in diagnose(Evidence(text), now=0.0).findings if found.certain] == []


def test_two_sentences_of_two_causes_are_no_proof_of_either() -> None:
    told = (
        "An error occurred (UserLambdaValidationException) when calling the SignUp operation: PreSignUp failed with "
        "error User already exists"
    )
    found = diagnose(Evidence(told), now=0.0).findings
    assert (found[0].cause, [finding.certain for finding in found]) == ("3.25", [False] * len(found))


def test_a_name_inside_another_name_is_not_that_name() -> None:
    found = diagnose(Evidence("ResourceNotFoundException: IdentityPool 'us-east-1:x' not found."), now=0.0).findings
    assert [finding.cause for finding in found] == ["5.13"]
