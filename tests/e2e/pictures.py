"""`python -m tests.e2e.pictures`: take the README's pictures anew, from a town of its own."""

import tempfile
from pathlib import Path

import click

from sandbox.launch.plan import ROOT
from sandbox.launch.town import Town
from tests.e2e.browsers import opened
from tests.e2e.tables import Table
from tests.e2e.websites import enter, website, write
from tests.fixtures.towns import free_ports


@click.command()
@click.option("--into", type=click.Path(path_type=Path), default=ROOT / "docs")
def main(into: Path) -> None:
    """Write phone.png, pay.png and website.png."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        town = Town(Path(home), free_ports(), given={}, tell=click.echo)
        town.start()
        try:
            with opened(1180, 780) as browser:

                def look(name: str) -> None:
                    browser.driver.save_screenshot(str(into / f"{name}.png"))

                table = Table(browser, town.addresses["sandbox"], look)
                table.newcomer_arrives()
                table.newcomer_signs_up("沈一诺")
                table.newcomer_pays()
            with opened(1000, 760) as browser, website(town.addresses["web"]) as url:
                browser.driver.get(f"{url}/data-open")
                enter(browser)
                write(browser, "周日有英语班吗", "在招")
                browser.leave_frames()
                browser.driver.save_screenshot(str(into / "website.png"))
        finally:
            town.stop()


if __name__ == "__main__":
    main()
