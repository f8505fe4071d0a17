"""The chat's menu: declared in `menu.yml`, checked here, published by `python -m bot menu push`.

A key that no flow answers, or a name that phones would cut off, is found before the platform sees
it. Sources of the limits: `wechat.md` §2.
"""

from pathlib import Path
from typing import Any
from unicodedata import east_asian_width
from urllib.parse import urlencode

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from backend.kit.config import settings
from backend.security.schemas import Audience
from bot import router

SOURCE = Path(__file__).with_name("menu.yml")
DEFAULT = "default"
GROUP_WIDTH, BUTTON_WIDTH = 8, 14
"""In half-width columns: four and seven Chinese characters."""
KEY_BYTES = 128


class MenuWrong(ValueError):
    """The declared menu cannot be published; the message says which entry and why."""


class Button(BaseModel):
    """Something that can be tapped: says `key` in the chat, or opens a `page` of ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    key: str | None = None
    page: str | None = None

    @model_validator(mode="after")
    def _do_one_thing(self) -> "Button":
        if (self.key is None) == (self.page is None):
            raise ValueError(f"{self.name}: give either key or page")
        if self.key is not None and self.key not in router.MENU:
            raise ValueError(f"{self.name}: no flow answers the key {self.key}")
        if self.key is not None and len(self.key.encode()) > KEY_BYTES:
            raise ValueError(f"{self.name}: the key is longer than {KEY_BYTES} bytes")
        if self.page is not None and not self.page.startswith("/"):
            raise ValueError(f"{self.name}: a page is a path of this site")
        _check_width(self.name, BUTTON_WIDTH)
        return self

    def published(self) -> dict[str, Any]:
        """As the platform wants it. A page asks first who opens it, on every tap."""
        if self.key is not None:
            return {"type": "click", "name": self.name, "key": self.key}
        query = urlencode({"next": self.page})
        url = f"{settings().public_url}/oauth/start?{query}"
        return {"type": "view", "name": self.name, "url": url}


class Group(BaseModel):
    """One of the three places at the bottom: a name above up to five buttons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    buttons: list[Button] = Field(min_length=1, max_length=5)

    @model_validator(mode="after")
    def _fit(self) -> "Group":
        _check_width(self.name, GROUP_WIDTH)
        return self

    def published(self) -> dict[str, Any]:
        """As the platform wants it."""
        return {"name": self.name, "sub_button": [each.published() for each in self.buttons]}


_MENUS = TypeAdapter(dict[str, list[Group | Button]])
Menus = dict[str, list[dict[str, Any]]]


def declared(source: Path = SOURCE) -> Menus:
    """The menus by audience, ready to publish. Raises MenuWrong."""
    try:
        menus = _MENUS.validate_python(yaml.safe_load(source.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise MenuWrong(str(error)) from error
    if DEFAULT not in menus:
        raise MenuWrong(f"there is no menu named {DEFAULT}")
    unknown = menus.keys() - {DEFAULT, *Audience}
    if unknown:
        raise MenuWrong(f"nobody belongs to {', '.join(sorted(unknown))}")
    for audience, entries in menus.items():
        if not 1 <= len(entries) <= 3:
            raise MenuWrong(f"{audience}: a menu has one to three places")
        for entry in entries:
            try:
                _check_width(entry.name, GROUP_WIDTH)
            except ValueError as error:
                raise MenuWrong(f"{audience}: {error}") from error
    return {who: [entry.published() for entry in entries] for who, entries in menus.items()}


def _check_width(name: str, limit: int) -> None:
    width = sum(2 if east_asian_width(character) in "WF" else 1 for character in name)
    if width > limit:
        raise ValueError(f"{name}: phones show only {limit // 2} characters of it")
