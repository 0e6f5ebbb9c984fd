"""The page on which the browser ends. It is shown once it is known whether the sign-in worked, and holds no code."""

from __future__ import annotations

from halfday.client.browser.plain_page import plain_page, policy

_FORGET_THE_CODE = 'history.replaceState(null, "", location.pathname)'

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy(script=_FORGET_THE_CODE),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def success_page(who: str) -> str:
    """`who`: an e-mail address or a user name, empty when not known."""
    signed_in = f"Signed in as {who}" if who else "Signed in"
    return plain_page(signed_in, ["You can close this tab and go back to the terminal."], script=_FORGET_THE_CODE)


def carried_page() -> str:
    """Of a sign-in that another machine began and will finish."""
    told = ["The terminal has the address that the other machine waits for.", "You can close this tab."]
    return plain_page("Now carry it back", told, script=_FORGET_THE_CODE)


def failure_page(sentence: str, hint: str) -> str:
    further = [*hint.splitlines(), "The terminal says the same."]
    return plain_page(
        "The sign-in did not work", [line for line in further if line], bad=sentence, script=_FORGET_THE_CODE
    )


def stray_page() -> str:
    """For a request that is not the answer to the sign-in in progress."""
    told = ["This address waits for another sign-in. Use the newest link."]
    return plain_page("Not this sign-in", told, script=_FORGET_THE_CODE)
