"""A PDF is made of its own text and our own font, and of nothing else (no network, no disk)."""

import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from backend.kit import pdf
from backend.kit.pdf import FONT, NothingOutside, pdf_of


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A server of our own, and what it was asked for."""
    paths: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_document_has_chinese_letters_and_asks_nobody(asked: tuple[str, list[str]]) -> None:
    base, paths = asked
    made = pdf_of(
        f'<link rel="stylesheet" href="{base}/a.css"><img src="{base}/b.png">'
        '<img src="file:///etc/hostname"><p>学员档案</p>'
    )
    assert made.startswith(b"%PDF-")
    assert paths == []
    cut = TTFont(io.BytesIO(pdf._font_for("学员档案喆")))
    assert set("学员档案喆，A") <= {chr(each) for each in cut.getBestCmap()}
    assert "fvar" not in cut
    assert len(made) < 50_000


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "file:///etc/passwd", FONT.parent.as_uri(), "ftp://127.0.0.1/"]
)
def test_nothing_outside_is_fetched(url: str) -> None:
    with pytest.raises(NothingOutside):
        pdf._Fetcher().fetch(url)
    assert Path(FONT).exists()
