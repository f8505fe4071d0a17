"""跟进 by one sentence: which lead, what happened, when to look again, shown first and then written
down (A15, A16). The lead is always one that the speaker's role reaches."""

import re
from datetime import datetime
from typing import Any

from backend.admissions import following, lead_list, queries
from backend.admissions.schemas import LeadView, LostReason, Stage, Told, Touch
from backend.admissions.words import STAGES
from backend.kit import clock
from backend.kit.errors import NotAllowed, NotFound
from backend.security import queries as security
from backend.security.permissions import may
from backend.security.schemas import Permission, StaffMember
from backend.students import takeovers
from bot.flows import followed, form, study
from bot.flows.absences import picked
from bot.flows.form import Form, Read, Step, Value
from bot.flows.staff import only_for
from bot.flows.talk import Talk
from bot.interpreter import words
from bot.phrases import following as phrases
from bot.replies import Reply, say
from bot.times import find

_DUE = re.compile(
    r"(?:该|要|需要|得)(?:跟进|联系|回访)(?:的)?(?:谁|哪|客户|有|名单)"
    r"|(?:有)?(?:哪些|谁|哪几个|哪位).{0,4}(?:要|该|需要)(?:跟进|联系|回访)"
)
_BARE = re.compile(r"^(?:我?[要想]?(?:写|记|添加|登记|加)(?:一?[下个条])?)?(?:跟进|跟进记录)$")
_YES = re.compile(
    r"^(?:记上|记吧|记|确认|确定|对的?|是的?|没错|没问题|好的?|可以|嗯+|ok)[了吧啊]?$"
)
_REASON = re.compile(r"原因(?:改成?|是|换成?)?[:： ]*(.+)$")
_REWRITE = re.compile(r"^(?:内容|跟进|记录)?(?:改成|改为|换成)[:： ]*(.{2,})$", re.DOTALL)
_CHANGES = re.compile(r"^(?:改|改一下|修改|要改|不对|改改)$")
CHOICES = 6


def heard(talk: Talk) -> Reply | None:
    """«明天该跟进谁», or what surely tells of a follow-up; None for anything else."""
    if talk.speaker.account_id is None or not may(talk.speaker.role, Permission.LOG_FOLLOW_UP):
        return None
    if _DUE.search(talk.plain):
        talk.state.misunderstood = 0
        return _due(talk)
    if talk.state.flow is None and (_BARE.match(talk.plain) or followed.is_told(talk.plain)):
        return _begin(talk)
    return None


def _due(talk: Talk) -> Reply:
    """What falls due in the time asked about; what is overdue counts until today."""
    from_at, to_at, when = study.window(talk)
    if when == study.NO_TIME_NAMED:
        from_at, to_at = clock.day_of(clock.today())
        when = "今天"
    found = lead_list.due(talk.session, account_id=talk.speaker.account_id or 0, until=to_at)
    if from_at > clock.now():
        found = [each for each in found if (each.next_follow_up_at or from_at) >= from_at]
    return say(phrases.due(when, found))


def _begin(talk: Talk) -> Reply:
    if _BARE.match(talk.plain):
        return form.start(talk, FOLLOW)
    return form.start(talk, FOLLOW, **_told(talk, talk.text))


def _told(talk: Talk, text: str) -> dict[str, Any]:
    """The slots that a sentence fills: what was told, and the lead where it is plain which one."""
    told = followed.read(text, tuple(find(text, clock.now())))
    slots: dict[str, Any] = {
        "told": {
            "note": told.note,
            "kind": told.kind,
            "stage": told.stage,
            "reason": told.lost_reason,
            "next_at": told.next_at.isoformat() if told.next_at else None,
            "customer": told.family,
        },
        "key": talk.source_key,
    }
    if told.number is not None:
        return {**slots, "lead_id": told.number}
    leads = lead_list.open_leads(talk.session, _member(talk))
    meant = _meant(talk, told, leads)
    if len(meant) == 1:
        return {**slots, "lead_id": meant[0]}
    return {**slots, "options": (meant or [lead.id for lead in leads])[:CHOICES]}


def _meant(talk: Talk, told: followed.Followed, leads: list[LeadView]) -> list[int]:
    """The leads that a sentence may speak of: by phone, by name, else the talk just led."""
    if told.phone:
        ids = {lead.id for lead in leads}
        return [each for each in lead_list.with_phone(talk.session, told.phone) if each in ids]
    plain = words.simplified(talk.text)
    called = told.name or talk.meaning.value("person") or ""
    names = lead_list.names_of(talk.session, leads)
    exact = [
        lead.id
        for lead in leads
        if any(
            name == told.family or (len(name) > 1 and (name in plain or name == called))
            for name in names[lead.id]
        )
    ]
    if exact:
        return exact
    if called:
        return [each for each in names if any(name.startswith(called) for name in names[each])]
    return _just_led(talk, leads)


def _just_led(talk: Talk, leads: list[LeadView]) -> list[int]:
    """The lead of the only talk that the speaker leads now, or of the one they face."""
    talks = takeovers.of_owner(talk.session, talk.speaker.account_id or 0)
    faced = [each for each in talks if each.id == talk.state.facing] or talks
    if len(faced) != 1:
        return []
    return [lead.id for lead in leads if lead.openid == faced[0].openid]


def _member(talk: Talk) -> StaffMember:
    account_id = talk.speaker.account_id or 0
    return security.staff_members(talk.session, {account_id})[account_id]


def _options(talk: Talk) -> dict[int, str]:
    wanted = talk.state.slots.get("options", [])
    found = {id_: queries.lead(talk.session, id_) for id_ in wanted}
    return {id_: phrases.label(lead) for id_, lead in found.items() if lead is not None}


def _ask_lead(talk: Talk) -> Reply:
    options = list(_options(talk).values())
    if not options:
        talk.state.leave()
        return say(phrases.NO_LEADS)
    return say(phrases.which(options), tuple(options))


def _read_lead(talk: Talk, text: str) -> Read:
    options = _options(talk)
    named = followed.read(text, ()).number
    if named is not None:
        return Value(named)
    if text.strip().isdecimal() and int(text) in options and int(text) > len(options):
        return Value(int(text))
    place = picked(text, list(options.values()))
    return None if place is None else Value(list(options)[place])


def _reached(talk: Talk, lead_id: Any) -> bool:
    """Whether the speaker may follow this lead up; what they may not is not asked twice."""
    lead = queries.lead(talk.session, int(lead_id))
    return lead is not None and lead_list.reaches(
        talk.session, _member(talk), lead.id, Permission.LOG_FOLLOW_UP
    )


def _ask_words(_talk: Talk) -> Reply:
    return say(phrases.ASK_WORDS)


def _read_words(talk: Talk, text: str) -> Read:
    if len(talk.plain) < 2:
        return None
    slots = _told(talk, text)
    talk.state.slots.update(slots)
    return Value(slots["told"])


def _proposal(talk: Talk, lead: LeadView) -> tuple[Stage, LostReason | None, datetime | None]:
    told = talk.state.slots["told"]
    stage, next_at = following.proposed(
        lead,
        stage=Stage(told["stage"]) if told["stage"] else None,
        next_at=datetime.fromisoformat(told["next_at"]) if told["next_at"] else None,
    )
    reason = LostReason(told["reason"] or LostReason.OTHER) if stage is Stage.LOST else None
    return stage, reason, next_at


def _ask_check(talk: Talk) -> Reply:
    lead_id = int(talk.state.slots["lead_id"])
    lead = queries.lead(talk.session, lead_id)
    if lead is None or not _reached(talk, lead_id):
        talk.state.leave()
        return say((phrases.OTHERS if lead else phrases.GONE).format(id=lead_id))
    stage, reason, next_at = _proposal(talk, lead)
    note = talk.state.slots["told"]["note"]
    return say(
        phrases.check(lead, note=note, stage=stage, reason=reason, next_at=next_at),
        (phrases.LOG, phrases.CHANGE),
    )


def _read_check(talk: Talk, _text: str) -> Read:
    return Value(True) if _YES.match(talk.plain) else None


def _beside(talk: Talk) -> Reply | None:
    """A change of what is about to be written down, while it is shown."""
    if talk.state.step != "agreed" or _YES.match(talk.plain):
        return None
    if _CHANGES.match(talk.plain):
        return say(phrases.HOW_TO_CHANGE)
    told = dict(talk.state.slots["told"])
    reason, rewritten = _REASON.search(talk.plain), _REWRITE.match(talk.plain)
    next_at = followed.next_named(talk.plain, tuple(find(talk.text, clock.now())))
    stage = next((s for s, name in STAGES.items() if name in talk.plain), None)
    if reason is not None:
        told["reason"] = followed.reason_named(reason.group(1))
    elif next_at is not None:
        told["next_at"] = next_at.isoformat()
    elif stage is not None:
        told["stage"] = stage
    elif rewritten is not None:
        told["note"] = rewritten.group(1)[:500]
    elif followed.is_told(talk.plain):
        talk.state.slots = _told(talk, talk.text)
        return form.advance(talk, FOLLOW)
    else:
        return None
    talk.state.slots["told"] = told
    return _ask_check(talk)


def _finish(talk: Talk) -> Reply:
    slots, lead_id = talk.state.slots, int(talk.state.slots["lead_id"])
    lead = queries.lead(talk.session, lead_id)
    if lead is None:
        talk.state.leave()
        return say(phrases.GONE.format(id=lead_id))
    stage, reason, next_at = _proposal(talk, lead)
    told = Told(
        note=slots["told"]["note"],
        kind=Touch(slots["told"]["kind"]),
        stage=stage,
        lost_reason=reason,
        next_at=next_at,
        customer=slots["told"]["customer"],
    )
    talk.state.leave()
    try:
        view = following.log(
            talk.session, lead_id=lead_id, member=_member(talk), told=told, source_key=slots["key"]
        )
    except NotFound:
        return say(phrases.GONE.format(id=lead_id))
    except NotAllowed:
        return say(phrases.OTHERS.format(id=lead_id))
    return say(phrases.logged(view))


FOLLOW = Form(
    name="log_followup",
    steps=(
        Step("told", ("内容",), _ask_words, _read_words),
        Step("lead_id", ("哪位客户",), _ask_lead, _read_lead),
        Step("agreed", ("确认",), _ask_check, _read_check),
    ),
    finish=_finish,
    cancelled=phrases.CANCELLED,
    back="刚才的跟进还没记上，",
    beside=_beside,
)
follow_up = only_for(Permission.LOG_FOLLOW_UP, _begin)
