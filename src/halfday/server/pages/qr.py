"""A QR code as SVG, for the page that sets up an authenticator app (decision 52)."""

from __future__ import annotations

import io

from markupsafe import Markup

_QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004): scanners need it, on dark pages above all."""


def svg_of(text: str) -> Markup:
    """The code of this text, black on white whatever the page's colours are. It scales with its box.

    The library is imported once a code is wanted, not at the server's start.
    """
    import segno

    made = io.BytesIO()
    segno.make_qr(text).save(
        made, kind="svg", border=_QUIET_ZONE, light="#fff", xmldecl=False, omitsize=True, svgclass=None, lineclass=None
    )
    return Markup(made.getvalue().decode())  # noqa: S704 - squares alone, none of the text
