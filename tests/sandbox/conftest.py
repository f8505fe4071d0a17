"""A sandbox served over real HTTP, and a webhook that does what a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.keys import make_keys
from sandbox.settings import Settings, load_settings
from tests.sandbox.stage import Stage, Webhook


@pytest.fixture(scope="session")
def key_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys are slow to make; one set serves all tests."""
    var_dir = tmp_path_factory.mktemp("keys")
    make_keys(var_dir, {})
    return var_dir


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    made = Webhook()
    yield made
    made.close()


@pytest.fixture
def settings(key_dir: Path, tmp_path: Path, webhook: Webhook) -> Settings:
    base = load_settings({"VAR_DIR": str(key_dir)})
    return replace(base, var_dir=tmp_path, public_url=webhook.url, patience=0.4)


@pytest.fixture
def stage(settings: Settings, webhook: Webhook) -> Iterator[Stage]:
    made = Stage(settings, webhook)
    yield made
    made.close()
