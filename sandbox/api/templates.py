"""Template messages and subscription notices.

Any template id is accepted until templates of its kind are declared (`PUT /sandbox/templates`);
from then on an id that was not declared is refused with 40037, as WeChat does.
"""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from flask import Response

from sandbox import phones
from sandbox.api.errors import ApiError, ok
from sandbox.api.gate import api_blueprint, json_body, text_of
from sandbox.api.messages import follower
from sandbox.letters import letter
from sandbox.world import World, here

templates = api_blueprint("templates")
_SLOT = re.compile(r"^(.*?)\{\{(\w+)\.DATA\}\}$")
_LIMITS = {
    "thing": 20, "character_string": 32, "number": 32, "letter": 32, "symbol": 5,
    "phone_number": 17, "car_number": 8, "name": 20, "phrase": 5, "const": 20,
}  # fmt: skip


@templates.post("/cgi-bin/message/template/send")
def send_template() -> Response:
    """Show a template card and report TEMPLATESENDJOBFINISH afterwards."""
    world, body = here(), json_body()
    phone = follower(world, text_of(body, "touser"))
    template_id = text_of(body, "template_id")
    declared = _declared(world, "template", template_id)
    values = _values(body)
    with world.store.unit():
        msgid = _number(world, body, phone["openid"])
        phones.show(world, phone["openid"], "template", "template", _card(declared, values, body))
        _report(world, phone["openid"], "TEMPLATESENDJOBFINISH", MsgID=msgid, Status="success")
    world.bell.ring()
    return ok(msgid=msgid)


@templates.post("/cgi-bin/message/subscribe/bizsend")
def send_subscription_notice() -> Response:
    """Show a notice the person has agreed to, and use that consent up."""
    world, body = here(), json_body()
    phone = phones.find(world, text_of(body, "touser"))
    if phone is None:
        raise ApiError(40003)
    openid, template_id = phone["openid"], text_of(body, "template_id")
    declared = _declared(world, "subscribe", template_id)
    values = _values(body)
    for name, value in values.items():
        _check_value(name, value)
    with world.store.unit():
        taken = world.store.run(
            "UPDATE consents SET remaining = remaining - 1"
            " WHERE openid = ? AND template_id = ? AND remaining > 0",
            openid, template_id,
        )  # fmt: skip
        if not taken.rowcount:
            raise ApiError(43101)
        msgid = _number(world, body, openid)
        card = _card(declared, values, {**body, "url": body.get("page", "")})
        phones.show(world, openid, "template", "template", card)
        sent = {"TemplateId": template_id, "MsgID": msgid, "ErrorCode": 0, "ErrorStatus": "success"}
        inner = {"SubscribeMsgSentEvent": {"List": sent}}
        _report(world, openid, "subscribe_msg_sent_event", **inner)
    world.bell.ring()
    return ok(msgid=msgid)


@templates.get("/cgi-bin/template/get_all_private_template")
def list_templates() -> Response:
    """Return the declared templates."""
    rows = here().store.rows("SELECT * FROM templates WHERE kind = 'template'")
    listed = [
        {**{name: row[name] for name in ("template_id", "title", "content")},
         "primary_industry": "教育", "deputy_industry": "培训", "example": ""}
        for row in rows
    ]  # fmt: skip
    return ok(template_list=listed)


@templates.get("/wxaapi/newtmpl/gettemplate")
def list_subscription_templates() -> Response:
    """Return the declared subscription templates."""
    rows = here().store.rows("SELECT * FROM templates WHERE kind = 'subscribe'")
    listed = [
        {"priTmplId": row["template_id"], "title": row["title"], "content": row["content"],
         "example": "", "type": 2}
        for row in rows
    ]  # fmt: skip
    return ok(data=listed)


def declare(world: World, declared: list[dict[str, Any]]) -> int:
    """Replace the declared templates: template_id, kind (template|subscribe), title, content."""
    with world.store.unit():
        world.store.run("DELETE FROM templates")
        for one in declared:
            world.store.run(
                "INSERT INTO templates (template_id, kind, title, content) VALUES (?, ?, ?, ?)",
                str(one["template_id"]), str(one.get("kind", "template")),
                str(one["title"]), str(one["content"]),
            )  # fmt: skip
    return len(declared)


def _declared(world: World, kind: str, template_id: str) -> sqlite3.Row | None:
    found = world.store.row("SELECT * FROM templates WHERE template_id = ?", template_id)
    if found is None or found["kind"] != kind:
        if world.store.number("SELECT count(*) FROM templates WHERE kind = ?", kind):
            raise ApiError(40037)
        return None
    return found


def _values(body: dict[str, Any]) -> dict[str, str]:
    fields = body.get("data")
    if not isinstance(fields, dict):
        raise ApiError(47001)
    try:
        return {str(name): str(one["value"]) for name, one in fields.items()}
    except (TypeError, KeyError) as broken:
        raise ApiError(47001) from broken


def _check_value(name: str, value: str) -> None:
    """Raise 47003 when a value is empty or too long for its kind of field."""
    limit = _LIMITS.get(name.rstrip("0123456789"))
    if not value.strip() or (limit is not None and len(value) > limit):
        raise ApiError(47003, f"data.{name}.value invalid")


def _card(
    declared: sqlite3.Row | None, values: dict[str, str], body: dict[str, Any]
) -> dict[str, Any]:
    """Return title, labelled fields and address; without a declaration the keys are no labels."""
    url = str(body.get("url") or "")
    if declared is None:
        fields = [{"label": "", "value": value} for value in values.values()]
        return {"title": "服务通知", "fields": fields, "url": url}
    fields = []
    for line in str(declared["content"]).splitlines():
        slot = _SLOT.match(line.strip())
        if slot and slot[2] in values:
            label = slot[1].strip().rstrip("：:")
            fields.append({"label": label, "value": values[slot[2]]})
    return {"title": declared["title"], "fields": fields, "url": url}


def _number(world: World, body: dict[str, Any], openid: str) -> int:
    """Return a new msgid; raises 45065 when this client_msg_id was sent before."""
    client_id = body.get("client_msg_id")
    try:
        return 4_000_000_000_000_000_000 + world.store.insert(
            "INSERT INTO sent_templates (client_msg_id, openid) VALUES (?, ?)", client_id, openid
        )
    except sqlite3.IntegrityError as repeated:
        raise ApiError(45065) from repeated


def _report(world: World, openid: str, event: str, **fields: Any) -> None:
    created = int(world.clock.now())
    xml = letter(world.settings.account, openid, created, "event", Event=event, **fields)
    world.courier.post(openid, event, xml)
