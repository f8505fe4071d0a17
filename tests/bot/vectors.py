"""The published WeChat deliveries beside the project, as a test posts and judges them.

Third-party collections: read where they lie, never copied. `named` is the file's stem.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.kit.config import settings
from bot import envelope, inbound
from tests.house.files import ROOT

FOLDER = ROOT.parent / "shared" / "data" / "wechat_vectors"
needs_vectors = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published vectors are not beside the project"
)
_TO = re.compile(r"<ToUserName>(?:<!\[CDATA\[)?([^<\]]+)")
ACCEPTED = ("accept", "accept-with-decrypted-fields")


@dataclass(frozen=True)
class Vector:
    """One delivery: how it is sent, and what is expected of whoever receives it."""

    named: str
    mode: str
    token: str
    aes_key: str
    appid: str
    method: str
    query: dict[str, str]
    body: bytes
    verdict: str
    fields: dict[str, Any]
    dedupe: list[str]
    response_body: str | None
    rest: dict[str, Any] = field(repr=False)

    @property
    def is_reply(self) -> bool:
        """Whether it is an answer to be sealed, not a delivery to be opened."""
        return self.mode == "reply-encrypt"

    def configure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the account that this delivery is for."""
        names = {
            "WECHAT_TOKEN": self.token,
            "WECHAT_AES_KEY": self.aes_key,
            "WECHAT_APPID": self.appid,
            "WECHAT_ACCOUNT": self.account(),
        }
        for name, text in names.items():
            if text:
                monkeypatch.setenv(name, text)
            else:
                monkeypatch.delenv(name, raising=False)
        settings.cache_clear()

    def account(self) -> str:
        """For whom it is, by the sidecar or else by the body itself."""
        named = self.fields.get("ToUserName", "").strip()
        found = _TO.search(self.body.decode(errors="replace"))
        return named or (found[1] if found else "")

    def post(self, client: FlaskClient, body: bytes | None = None) -> TestResponse:
        """Send it as it stands, or with another body."""
        content = self.body if body is None else body
        return client.open("/wechat", method=self.method, query_string=self.query, data=content)

    def clear(self) -> bytes:
        """What is inside the envelope."""
        if not self.aes_key:
            return self.body
        encrypted = inbound.elements(self.body)["Encrypt"]
        keys = [envelope.aes_key(self.aes_key)]
        return envelope.unseal(encrypted, keys=keys, appid=self.appid).xml


def vectors() -> Iterator[Vector]:
    """All of them, by name."""
    for sidecar in sorted(FOLDER.glob("*.json")):
        if sidecar.name != "INDEX.json":
            yield _read(sidecar)


def _read(sidecar: Path) -> Vector:
    given = json.loads(sidecar.read_text("utf-8"))
    expected, http = given["expected"], given.get("http", {})
    return Vector(
        named=sidecar.stem,
        mode=given["mode"],
        token=given["token"],
        aes_key=given["encoding_aes_key"] or "",
        appid=given["appid"] or "",
        method=http.get("method", ""),
        query=http.get("query", {}),
        body=(sidecar.parent / given["file"]).read_bytes(),
        verdict=expected["verdict"],
        fields=expected["fields"],
        dedupe=[str(part) for part in expected.get("dedupe", {}).get("recommended", [])],
        response_body=expected.get("response_body"),
        rest=given,
    )
