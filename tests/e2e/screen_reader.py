"""axe-core looks at the present page as somebody does who hears it read out, or sees it badly.

Rules: WCAG 2.0 to 2.2, levels A and AA, and axe's best practices (one main part, everything inside
a landmark, headings in order, a heading of the first level, cells of tables with their heads). It
is called by WebDriver and not by the page, whose Content-Security-Policy therefore stays as it is.
"""

from pathlib import Path

from backend.web import site
from tests.e2e.browsers import Browser

SOURCE = Path(site.__file__).parent / "assets/node_modules/axe-core/axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOK = """
const found = await axe.run(document, {
  runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], elementRef: false,
  preload: false,
});
return found.violations.flatMap(({id, help, nodes}) =>
  nodes.map((node) => `${id}: ${node.target} ${node.html.slice(0, 160)} (${help})`));
"""


def listen(window: Browser) -> None:
    """Have axe wait in every page that this window opens from now on."""
    window.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": SOURCE.read_text()}
    )


def barriers(window: Browser) -> list[str]:
    """What keeps somebody from using the present page, one line for each element."""
    script = f"return (async (tags) => {{ {LOOK} }})(arguments[0])"
    found: list[str] = window.driver.execute_script(script, TAGS)
    return found
