"""The menu at the bottom of the chat, and the tags by which the platform tells people apart.

A conditional menu belongs to a tag. Publishing replaces everything and may be cut short anywhere:
the next time puts it right, and until then everybody still has a menu, if an older one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from backend.kit.errors import GatewayError

Send = Callable[[str, Mapping[str, Any]], dict[str, Any]]
NO_MENU = "46003"
TAG_EXISTS = "45157"
AT_ONCE = 50
"""How many people one call may tag."""


class Menus:
    """A MenuDesk. `post` and `get` call the server API with the account's token."""

    def __init__(self, *, post: Send, get: Callable[[str], dict[str, Any]]) -> None:
        self._post = post
        self._get = get

    def publish(
        self,
        default: Sequence[Mapping[str, Any]],
        by_tag: Mapping[str, Sequence[Mapping[str, Any]]],
    ) -> None:
        """Replace the default menu and those by tag; phones show it within minutes."""
        outdated = self._conditional()
        self._post("/cgi-bin/menu/create", {"button": list(default)})
        numbers = self._numbers(by_tag)
        for tag, buttons in by_tag.items():
            rule = {"tag_id": str(numbers[tag])}
            body = {"button": list(buttons), "matchrule": rule}
            self._post("/cgi-bin/menu/addconditional", body)
        for menu_id in outdated:
            self._post("/cgi-bin/menu/delconditional", {"menuid": menu_id})

    def tag(self, openids: Sequence[str], *, add: str | None, remove: str | None) -> None:
        """Move people from one tag to another; doing it again changes nothing."""
        numbers = self._numbers([name for name in (add, remove) if name])
        for verb, name in (("untagging", remove), ("tagging", add)):
            for start in range(0, len(openids) if name else 0, AT_ONCE):
                body = {
                    "openid_list": list(openids[start : start + AT_ONCE]),
                    "tagid": numbers[name or ""],
                }
                self._post(f"/cgi-bin/tags/members/batch{verb}", body)

    def _conditional(self) -> list[str]:
        """Ids of the conditional menus there are; none while no menu was ever published."""
        try:
            found = self._get("/cgi-bin/menu/get")
        except GatewayError as error:
            if error.code == NO_MENU:
                return []
            raise
        return [str(menu["menuid"]) for menu in found.get("conditionalmenu", [])]

    def _numbers(self, names: Mapping[str, Any] | Sequence[str]) -> dict[str, int]:
        """The platform's numbers of tags by name; those that are missing are made."""
        known = self._tags() if names else {}
        for name in names:
            if name in known:
                continue
            try:
                made = self._post("/cgi-bin/tags/create", {"tag": {"name": name}})
                known[name] = int(made["tag"]["id"])
            except GatewayError as error:  # Another process made it at the same moment.
                if error.code != TAG_EXISTS:
                    raise
                known = self._tags()
        return known

    def _tags(self) -> dict[str, int]:
        found = self._get("/cgi-bin/tags/get").get("tags", [])
        return {str(tag["name"]): int(tag["id"]) for tag in found}
