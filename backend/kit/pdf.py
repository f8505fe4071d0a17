"""HTML → PDF, the same on every machine: the Chinese font comes from a wheel, and nothing at all is
fetched but `data:` addresses, so that a document can neither phone home nor read the disk. Needs
Pango from the system, as WeasyPrint does.

The wheel's font is one file of 32 MB for all weights. Each document carries the letters that it
uses, at one weight, cut out before WeasyPrint sees the font: it would unroll all 65,000 of them.
"""

import base64
import html
import io
import re
from pathlib import Path
from typing import Any

import manimgx_fonts_cjk
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

FONT = Path(manimgx_fonts_cjk.__file__).parent / "NotoSansCJK-VF.otf.ttc"
SIMPLIFIED = 2  # The number of «Noto Sans CJK SC» in the file.
WEIGHT = {"wght": 400}
_ALWAYS = "".join(map(chr, range(32, 127))) + "·，。、：；？！（）《》「」…—"
_NO_TABLES = ["GSUB", "GPOS", "BASE", "VORG", "VVAR", "vhea", "vmtx"]
_STYLE = """
@font-face { font-family: "House"; src: url("data:font/otf;base64,%s"); }
@page { size: A4; margin: 18mm 16mm;
  @bottom-right { content: counter(page) " / " counter(pages); font: 9pt "House"; } }
* { font-weight: 400 !important; font-style: normal !important; }
html { font: 10.5pt/1.6 "House"; }
h1 { font-size: 18pt; }
h2 { font-size: 13pt; margin: 14pt 0 4pt; }
table { border-collapse: collapse; width: 100%%; }
th, td { border: 0.5pt solid #999; padding: 3pt 5pt; text-align: left; vertical-align: top; }
"""


class NothingOutside(ValueError):
    """A document asked for something outside itself."""


class _Fetcher(URLFetcher):  # type: ignore[misc]
    """Lets `data:` through, and nothing else."""

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if not url.startswith("data:"):
            raise NothingOutside(url[:100])
        return super().fetch(url, headers)


def pdf_of(document: str) -> bytes:
    """The HTML document as PDF, in the house's look. What lies outside of it is left out."""
    fonts = FontConfiguration()
    letters = base64.b64encode(_font_for(html.unescape(document))).decode()
    style = CSS(string=_STYLE % letters, font_config=fonts, url_fetcher=_Fetcher())
    page = HTML(string=document, url_fetcher=_Fetcher())
    written: bytes = page.write_pdf(stylesheets=[style], font_config=fonts)
    return written


def _font_for(text: str) -> bytes:
    """The font with the letters of a text and no others."""
    options = subset.Options(layout_features=[], notdef_outline=True)
    options.drop_tables += _NO_TABLES
    cutter = subset.Subsetter(options)
    cutter.populate(text=_ALWAYS + re.sub(r"\s", "", text))
    with TTFont(FONT, fontNumber=SIMPLIFIED, lazy=True) as whole:
        cutter.subset(whole)
        out = io.BytesIO()
        instancer.instantiateVariableFont(whole, WEIGHT, inplace=True).save(out)
    return out.getvalue()
