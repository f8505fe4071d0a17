"""A lead's timeline with the talk in it: notes, calls, visits, sign-ups and every message, phones
masked (A15). The page of the lead fetches it; without the bot that page shows the notes alone.

What was said is for those who follow the lead up; of a lead in the public pool the notes are shown.
"""

from datetime import datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from backend.admissions import lead_list, words
from backend.kit.db import reading
from backend.security.gate import staff_only
from backend.security.schemas import Permission, StaffMember
from bot.flows import transcript

blueprint = Blueprint("lead_line", __name__)
MESSAGES = 200
_SPEAKS = {"customer": "客户", "bot": "小助手", "staff": "老师"}


class _Shown(BaseModel):
    """One line."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    what: str
    who: str
    text: str


@blueprint.get("/leads/<int:lead_id>/line")
@staff_only(Permission.SEE_LEADS)
def shown(member: StaffMember, lead_id: int) -> ResponseReturnValue:
    """The latest two hundred of each, the newest first, in a fixed number of queries."""
    with reading() as session:
        lead, _ = lead_list.one(session, member, lead_id)
        happened = lead_list.timeline(session, lead_id)
        may_read = lead_list.reaches(session, member, lead_id, Permission.LOG_FOLLOW_UP)
        said = []
        if may_read and lead.openid:
            said = transcript.lines(session, lead.openid, limit=MESSAGES)
    found = [
        _Shown(
            at=each.at,
            what=words.TOUCHES[each.kind],
            who=each.who or "小助手",
            text=transcript.masked(each.text),
        )
        for each in happened
    ]
    found += [
        _Shown(at=each.at, what="聊天", who=each.name or _SPEAKS[each.who], text=each.text)
        for each in said
    ]
    return render_template(
        "talks/lead_line.html",
        found=sorted(found, key=lambda each: each.at, reverse=True),
        may_read=may_read or not lead.openid,
    )
