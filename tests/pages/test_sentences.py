"""Nothing that the pages show stands outside the catalogues, and no catalogue lacks a sentence or has one too many.

Whoever writes a new sentence, in a template, a module of the pages or a rule whose refusals the pages show, finds the
languages that lack it named here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markupsafe import Markup

from halfday.server.pages import ENGLISH, LANGUAGES, Sentence, catalogue_of
from page_sentences import TEMPLATES, all_sentences, blank, refusals, sentences_of, unsaid

TRANSLATED = [language for language in LANGUAGES if language != ENGLISH]
LOANED = {"(optional)", "Code", "Configuration", "Email", "Error", "Name", "Passkey", "Password", "Website"}
"""Words that some languages write as English does."""


def placeholders(sentence: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", sentence))


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_a_template_shows_no_words_but_by_say(template: Path) -> None:
    assert unsaid(template.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Sign in</p>",
        '<img alt="A cat">',
        '<input type="Submit" value="Sign in">',
        '<p>{{ "Send a link" if by_link else say("Send a code") }}</p>',
        "{{ m.field('New password') }}",
    ],
)
def test_a_word_that_is_shown_without_say_is_found(source: str) -> None:
    assert unsaid(source)


def test_a_sentence_of_a_module_is_found_and_what_the_log_is_told_is_not() -> None:
    source = (
        '"""A docstring of words."""\n_TOO_OLD = "This is too old."\nraise invalid(f"Your {x} is old.", "told to logs")'
    )
    assert sentences_of(source) == {"This is too old.", "Your {} is old."}


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_missing_and_none_is_left_over(language: str) -> None:
    """A missing one is a line more in languages/LANGUAGE.toml: under `refusals` if it is AWS's, else under `pages`."""
    catalogue = catalogue_of(language)
    wanted = {sentence for sentence in all_sentences() if blank(sentence) not in refusals()}
    assert {*catalogue.pages} == wanted
    assert {blank(sentence) for sentence in catalogue.refusals} == refusals()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_translation_has_the_values_of_its_sentence_and_is_one(language: str) -> None:
    catalogue = catalogue_of(language)
    for english, translated in {**catalogue.pages, **catalogue.refusals}.items():
        assert placeholders(translated) == placeholders(english), english
        assert translated.strip() == translated != "", english
        assert translated != english or english in LOANED, english


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_names_of_values_are_those_of_every_other_language(language: str) -> None:
    assert {*catalogue_of(language).refusals} == {*catalogue_of(TRANSLATED[0]).refusals}


def test_a_value_is_escaped_and_a_sentence_within_a_sentence_is_said_too() -> None:
    asked = Sentence("Please enter your {name}.", name=Sentence("{one} or {other}", one=Sentence("email"), other="<b>"))
    assert str(asked) == "Please enter your email or <b>."
    assert catalogue_of("de").say(asked) == "Bitte geben Sie an: E-Mail oder &lt;b&gt;."
    assert catalogue_of("de").say("to continue to {app}", app=Markup("<strong>x</strong>")) == (
        "weiter zu <strong>x</strong>"
    )


def test_a_refusal_is_recognised_by_its_english_sentence_and_one_that_is_not_known_stays() -> None:
    say = catalogue_of("de").say
    assert say("Incorrect username or password.") == "Benutzername oder Passwort ist falsch."
    assert say("Password did not conform with policy: Password not long enough") == (
        "Das Passwort entspricht nicht den Regeln: Das Passwort ist nicht lang genug"
    )
    assert say("Attributes did not conform to the schema: gender: The attribute is required\nx: y\n") == (
        "Die Attribute passen nicht zum Schema: gender: Das Attribut ist erforderlich\nx: y"
    )
    assert say("PreSignUp failed with error no {such} <luck>.") == (
        "PreSignUp ist mit diesem Fehler gescheitert: no {such} &lt;luck&gt;."
    )
    assert say("Nobody {knows} <this>.") == "Nobody {knows} &lt;this&gt;."
    assert catalogue_of(ENGLISH).say("{braces} <b>") == "{braces} &lt;b&gt;"
