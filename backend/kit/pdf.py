"""HTML → PDF, the same on every machine: the Chinese font comes from a wheel, and nothing is
fetched but that font and `data:` addresses, so that a document can neither phone home nor read the
disk. Needs Pango from the system, as WeasyPrint does."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import manimgx_fonts_cjk
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

FONT = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"
_STYLE = """
@font-face { font-family: "House"; src: url("%s"); }
@page { size: A4; margin: 18mm 16mm; @bottom-right { content: counter(page) " / " counter(pages);
  font: 9pt "House"; } }
html { font: 10.5pt/1.6 "House", sans-serif; }
h1 { font-size: 18pt; } h2 { font-size: 13pt; margin: 14pt 0 4pt; }
table { border-collapse: collapse; width: 100%%; }
th, td { border: 0.5pt solid #999; padding: 3pt 5pt; text-align: left; vertical-align: top; }
"""


class NothingOutside(ValueError):
    """A document asked for something outside itself."""


class _Fetcher(URLFetcher):  # type: ignore[misc]
    """Lets the font and `data:` through, and nothing else."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url.startswith("data:") or url == FONT.as_uri():
            return super().fetch(url, headers)
        raise NothingOutside(url[:100])


@lru_cache
def _look() -> tuple[CSS, FontConfiguration]:
    fonts = FontConfiguration()
    css = CSS(string=_STYLE % FONT.as_uri(), font_config=fonts, url_fetcher=_Fetcher())
    return css, fonts


def pdf_of(html: str) -> bytes:
    """The document as PDF, in the house's look. Images and styles from outside are left out."""
    css, fonts = _look()
    document = HTML(string=html, url_fetcher=_Fetcher())
    written: bytes = document.write_pdf(stylesheets=[css], font_config=fonts)
    return written
