"""QR codes as pictures inside a page."""

import io

import segno
from markupsafe import Markup


def picture_of(text: str, *, title: str) -> Markup:
    """An SVG to put into a page, with a title for whoever does not see it."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", scale=5, border=3, xmldecl=False, svgns=True, title=title, omitsize=False
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - segno escapes the title.
