"""Layouts and static files: whole with the assets, readable without them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from backend.web import site


def test_pages_are_readable_without_the_assets(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site.css").write_text("body {}")
    monkeypatch.setattr(site, "_STATIC", tmp_path)
    for path in ("/phone", "/console"):
        page = client.get(path)
        assert page.status_code == 200
        assert "vendor" not in page.text
        assert "/static/site.css" in page.text
    assert "1234.50元" in client.get("/phone").text


def test_pages_use_the_assets_where_they_are(
    client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vendor").mkdir()
    for name in ("weui.min.css", "bootstrap.min.css", "bootstrap.bundle.min.js", "htmx.min.js"):
        (tmp_path / "vendor" / name).touch()
    (tmp_path / "site.css").touch()
    monkeypatch.setattr(site, "_STATIC", tmp_path)
    assert "vendor/weui.min.css?v=" in client.get("/phone").text
    console = client.get("/console").text
    for name in ("bootstrap.min.css", "bootstrap.bundle.min.js", "htmx.min.js"):
        assert f"vendor/{name}?v=" in console
    assert "http://" not in console
    assert "https://" not in console


def test_static_files_are_served_and_kept(client: FlaskClient) -> None:
    with client.get("/static/site.css") as answer:
        assert answer.status_code == 200
        assert "max-age" in answer.headers["Cache-Control"]
    assert client.get("/static/../site.py").status_code == 404


def test_times_read_as_people_say_them() -> None:
    at = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    assert site.clock_time(at) == "11月23日 周一 19:00"
