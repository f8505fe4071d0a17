"""Using a running sandbox over HTTP, as the command line does."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from sandbox.cast import openid_of
from sandbox.readable import as_line, links

QUIET_SECONDS = 1.2
_PAGE = re.compile(r'<script[^>]*\bid="wcpay"[^>]*>(.*?)</script>', re.DOTALL)
_LONGEST_POLL = 20.0


class Unreachable(Exception):
    """The sandbox does not answer."""


class Refused(Unreachable):
    """The sandbox answers that it cannot be done; the message says why."""


@dataclass(frozen=True)
class Sent:
    """A message on its way: the delivery's number and the last bubble before it."""

    delivery: int
    after: int


class Remote:
    """A running sandbox, seen from outside."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        # Somebody who thinks between two sentences would else meet a connection that the server
        # is just closing, and a text must not be sent a second time to find out.
        self._session.headers["Connection"] = "close"

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET JSON; raises Unreachable."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST JSON; raises Unreachable."""
        return self._call("POST", path, json=body)

    def delete(self, path: str) -> dict[str, Any]:
        """DELETE; raises Unreachable."""
        return self._call("DELETE", path)

    def say(self, who: str, text: str, menu_id: str = "") -> Sent:
        """Send a text."""
        body = {"text": text, "menu_id": menu_id}
        return _sent(self.post(f"/sandbox/phones/{quote(who)}/say", body))

    def happen(self, who: str, event: str, key: str = "") -> Sent:
        """Make an event happen."""
        body = {"event": event, "key": key}
        return _sent(self.post(f"/sandbox/phones/{quote(who)}/event", body))

    def shown_after(self, who: str, sent: Sent, wait: float) -> Iterator[dict[str, str]]:
        """Yield what the phone shows until it is quiet.

        Quiet is: the delivery is over, nobody is typing, and nothing came for a moment. When the
        bot only acknowledged, or could not be reached, a customer message may still come, so it is
        waited for up to `wait` seconds.
        """
        after, answered = sent.after, False
        give_up, quiet_at = time.monotonic() + wait, 0.0
        while True:
            now = time.monotonic()
            edge = quiet_at if quiet_at else give_up
            pause = min(_LONGEST_POLL, max(0.05, edge - now))
            path = f"/sandbox/phones/{quote(who)}/bubbles"
            news = self.get(path, after=after, delivery=sent.delivery, wait=min(pause, 1.0))
            for bubble in news["bubbles"]:
                after = bubble["id"]
                if not _is_shown_by_account(bubble) or bubble["kind"] == "event":
                    continue
                answered = answered or bubble["via"] != "system"
                yield as_line(bubble["via"], bubble["kind"], bubble["body"])
            own = [one for one in news["deliveries"] if one["id"] == sent.delivery]
            over = not own or own[0]["state"] != "pending"
            now = time.monotonic()
            if news["bubbles"] or not over or news["typing"]:
                quiet_at = 0.0
            if over and answered and not news["typing"] and not quiet_at:
                quiet_at = now + QUIET_SECONDS
            if quiet_at and now >= quiet_at:
                return
            if over and now >= give_up and not quiet_at:
                return

    def received(self, who: str, since: int) -> Iterator[dict[str, Any]]:
        """Yield everything a phone has received in its chat with the account."""
        while True:
            path = f"/sandbox/phones/{quote(who)}/bubbles"
            found = self.get(path, after=since)["bubbles"]
            if not found:
                return
            for bubble in found:
                since = bubble["id"]
                if _is_shown_by_account(bubble) and bubble["via"] != "system":
                    line = as_line(bubble["via"], bubble["kind"], bubble["body"])
                    yield {"id": bubble["id"], **line}

    def pay(self, who: str, link: str | None) -> dict[str, Any]:
        """Do what the phone's owner would: open the pay page and confirm in the till.

        Returns the till's result, or {"err_msg", "err_desc"} when no pay page is found.
        """
        for url in [link] if link else self._links(who):
            fields = self._pay_fields(who, url)
            if fields is not None:
                body = {**fields, "as": openid_of(who)}
                answer = self._session.post(f"{self._url}/cashier/pay", json=body, timeout=30)
                result: dict[str, Any] = answer.json()
                return {**result, "page": url}
        return {"err_msg": "get_brand_wcpay_request:fail", "err_desc": "no pay page found"}

    def _links(self, who: str) -> list[str]:
        path = f"/sandbox/phones/{quote(who)}/bubbles"
        found = self.get(path, latest=50)["bubbles"]
        return [
            url
            for bubble in reversed(found)
            if bubble["via"] != "me"
            for url in links(bubble["kind"], bubble["body"])
        ]

    def _pay_fields(self, who: str, url: str) -> dict[str, Any] | None:
        """Open a page as the in-app browser would; None when it is not a pay page."""
        agent = f"Mozilla/5.0 (iPhone) MicroMessenger/8.0.50 SandboxPhone/{openid_of(who)}"
        try:
            with requests.Session() as browser:
                browser.trust_env = False
                page = browser.get(url, headers={"User-Agent": agent}, timeout=30)
        except requests.RequestException:
            return None
        found = _PAGE.search(page.text)
        if not page.ok or not found:
            return None
        fields = json.loads(found[1])
        return fields if isinstance(fields, dict) else None

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._session.request(method, self._url + path, timeout=60, **more)
            found = answer.json()
        except (requests.RequestException, ValueError) as broken:
            raise Unreachable(f"{self._url}: {type(broken).__name__}") from broken
        if not answer.ok and answer.status_code != 404:
            raise Refused(str(found.get("error", answer.status_code)))
        return dict(found)


def _is_shown_by_account(bubble: dict[str, Any]) -> bool:
    """Whether a bubble is in the chat with the account and not the owner's own."""
    return bool(bubble["chat"] == "account" and bubble["via"] != "me")


def _sent(answer: dict[str, Any]) -> Sent:
    return Sent(delivery=answer["delivery"], after=answer["after"])
