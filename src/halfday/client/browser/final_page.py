"""The page on which the browser ends. It is shown once it is known whether the sign-in worked, and holds no code."""

from __future__ import annotations

import html

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
  :root {{ --ground: #f5f4f0; --card: #fff; --ink: #1d2026; --faint: #666b75; --line: #e4e2dc; --sign: {light}; }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ground: #14161a; --card: #1d2026; --ink: #eceae4; --faint: #9a9ea8; --line: #2c3038; --sign: {dark}; }}
  }}
  * {{ box-sizing: border-box; }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
    color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }}
  main {{ width: min(30rem, 100%); padding: 2.5rem; background: var(--card); border: 1px solid var(--line);
    border-radius: 1rem; box-shadow: 0 1px 2px rgb(0 0 0 / .04), 0 12px 32px rgb(0 0 0 / .06); }}
  svg {{ display: block; width: 3rem; height: 3rem; margin-bottom: 1.25rem; color: var(--sign); }}
  h1 {{ margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }}
  p {{ margin: 0; overflow-wrap: anywhere; }}
  p + p {{ margin-top: .75rem; }}
  .faint {{ color: var(--faint); }}
</style>
</head>
<body>
<main>
<svg viewBox="0 0 48 48" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"
  stroke-linejoin="round" aria-hidden="true"><circle cx="24" cy="24" r="21"/><path d="{path}"/></svg>
<h1>{title}</h1>
{paragraphs}
</main>
<script>history.replaceState(null, "", location.pathname)</script>
</body>
</html>
"""


def success_page(who: str) -> str:
    """`who`: an e-mail address or a user name, empty when not known."""
    signed_in = f"Signed in as {who}" if who else "Signed in"
    return _page(signed_in, ["You can close this tab and go back to the terminal."], good=True)


def failure_page(sentence: str, hint: str) -> str:
    return _page("The sign-in did not work", [sentence, hint, "The terminal says the same."], good=False)


def stray_page() -> str:
    """For a request that is not the answer to the sign-in in progress."""
    return _page("Not this sign-in", ["This address waits for another sign-in. Use the newest link."], good=False)


def _page(title: str, paragraphs: list[str], *, good: bool) -> str:
    told = [html.escape(line) for paragraph in paragraphs for line in paragraph.splitlines() if line]
    first, *others = told
    return _PAGE.format(
        title=html.escape(title),
        paragraphs="\n".join([f"<p>{first}</p>", *(f'<p class="faint">{line}</p>' for line in others)]),
        path="m15 25 6.5 6.5L33.5 18" if good else "M24 14v12m0 7v.01",
        light="#157f4c" if good else "#b3401f",
        dark="#57c98d" if good else "#f08a64",
    )
