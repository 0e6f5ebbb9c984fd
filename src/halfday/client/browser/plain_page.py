"""The pages of the client half, of the design of Halfday's sign-in pages: the one on which a terminal's sign-in ends,
and those of the web adapters. Each is one response that fetches nothing.

The server's pages have a larger style sheet of the same colours and measures; a test holds the two together.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence

STYLE = """\
:root {
  color-scheme: light dark;
  --ink: #1a2233;
  --ink-soft: #566075;
  --sky-high: #e9eef8;
  --sky-low: #fdf3e3;
  --card: #ffffff;
  --line: #dde2ec;
  --ring: #5b76ee;
  --link: #2a46c2;
  --bad: #a3201d;
  --bad-soft: #fdecea;
  --bad-line: #f2c4c0;
  --sun: #f2a93b;
  --shadow: 0 1px 2px rgb(26 34 51 / 6%), 0 18px 48px -12px rgb(26 34 51 / 18%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #eaeef7;
    --ink-soft: #a6b0c4;
    --sky-high: #0c111c;
    --sky-low: #1b2136;
    --card: #171d2b;
    --line: #2b3447;
    --ring: #6f88f2;
    --link: #aebeff;
    --bad: #ffb4ab;
    --bad-soft: #35191a;
    --bad-line: #6b2f2c;
    --sun: #f5b454;
    --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 18px 48px -12px rgb(0 0 0 / 60%);
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { background: var(--sky-low); -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; min-height: 100svh; display: flex; flex-direction: column; align-items: center;
  justify-content: center; padding: 2.5rem 1.25rem; background: linear-gradient(var(--sky-high), var(--sky-low));
  color: var(--ink); font: 1rem/1.5 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
  "Liberation Sans", sans-serif; }
main { width: 100%; max-width: 25.5rem; padding: 2.25rem 2.25rem 2rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1.125rem; box-shadow: var(--shadow); }
.mark { display: block; width: 3rem; height: 1.375rem; margin: 0 0 1.125rem; margin-inline-start: -0.125rem; }
.mark .sun { fill: var(--sun); }
.mark .horizon { stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; text-wrap: balance;
  overflow-wrap: anywhere; }
p { margin: 0.375rem 0 0; color: var(--ink-soft); overflow-wrap: anywhere; }
p + p { margin-top: 0.75rem; }
.bad { margin: 1.375rem 0 0; padding: 0.75rem 0.9375rem; color: var(--bad); background: var(--bad-soft);
  border: 1px solid var(--bad-line); border-radius: 0.625rem; }
.below { margin-top: 1.375rem; font-size: 0.9375rem; }
a { color: var(--link); text-underline-offset: 0.18em; text-decoration-thickness: 1px; }
a:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; border-radius: 0.25rem; }
@media (max-width: 30rem) {
  body { justify-content: flex-start; padding: 1rem 0.75rem 1.25rem; }
  main { padding: 1.625rem 1.25rem 1.5rem; }
}
"""

_PAGE = """<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<svg class="mark" viewBox="0 9 48 22" fill="none" aria-hidden="true"><path class="sun" d="M10 24a14 14 0 0 1 28 0z"/>\
<path class="horizon" d="M3 28.5h42"/></svg>
<h1>{title}</h1>
{content}
</main>{script}
</body>
</html>
"""


def plain_page(
    title: str, paragraphs: Sequence[str], *, bad: str = "", link: tuple[str, str] | None = None, script: str = ""
) -> str:
    """A page as text. `bad` is what went wrong, `link` an address and its words; all of it is escaped but `script`."""
    content = [f'<p class="bad" role="alert">{html.escape(bad)}</p>'] if bad else []
    content += [f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs]
    if link is not None:
        content.append(f'<p class="below"><a href="{html.escape(link[0])}">{html.escape(link[1])}</a></p>')
    ran = f"\n<script>{script}</script>" if script else ""
    return _PAGE.format(title=html.escape(title), style=STYLE, content="\n".join(content), script=ran)


def policy(*, script: str = "") -> str:
    """The Content-Security-Policy that allows the style sheet, this script, and nothing else."""
    allowed = f" script-src {_hash(script)};" if script else ""
    return f"default-src 'none'; style-src {_hash(STYLE)};{allowed} base-uri 'none'; frame-ancestors 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
