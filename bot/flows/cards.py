"""What an advisor says to the card of a new lead beside «认领»: later, not mine; and that they are
away (A14, A17)."""

import re
from collections.abc import Callable

from backend.admissions import lead_list
from backend.admissions.assigning import labels, offers
from backend.admissions.queries import leads_of_advisor
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.security import queries as security
from backend.security.permissions import may, scope_of
from backend.security.schemas import Permission, Scope
from backend.students import takeovers
from backend.students.tickets import staffing
from bot.flows import study
from bot.flows.talk import Talk
from bot.phrases import cards as phrases
from bot.phrases import staff
from bot.replies import Reply, say

_NUMBER = r"\s*(?:客户|线索)?\s*(\d{1,9})?\s*号?$"
_LATER = re.compile(rf"^(?:稍后|晚点|等会儿?|一会儿?)(?:再?(?:认领|联系|跟进|说))?{_NUMBER}")
_NOT_MINE = re.compile(rf"^(?:这个?)?(?:不是我的|不归我(?:管|跟)?|不该我跟){_NUMBER}")
_TAG = re.compile(
    r"^(?:给|把)?(?:客户|线索)\s*(\d{1,9})\s*号?\s*"
    r"(去掉|删除?|取消|[加打]上?)?标签[:：,，\s]*(\S{1,20})$"
)
_AWAY = re.compile(
    r"^(我)?(?:今天|明天|后天|大后天|本?这?下?周[一二三四五六日天末]|\d{1,2}月\d{1,2}[日号]|[上下]午|晚上)*"
    r"(?:要|想|得)?(?:请(?:个|一天|半天)?(?:病|事|年)?假|休息|不上班|调休)(?:一天|半天)?$"
)


def heard(talk: Talk) -> Reply | None:
    """None for anything else, and for anybody else."""
    if talk.speaker.account_id is None:
        return None
    is_advisor = scope_of(talk.speaker.role, Permission.LOG_FOLLOW_UP) is Scope.OWN
    if is_advisor and (match := _AWAY.match(talk.plain)):
        is_ours = talk.speaker.guardian_id is not None
        return None if is_ours and not match.group(1) else _away(talk)
    if match := _TAG.match(talk.plain):
        return _tag(talk, int(match.group(1)), match.group(3), off=match.group(2) or "")
    for pattern, act in ((_LATER, _later), (_NOT_MINE, _not_mine)):
        if match := pattern.match(talk.plain):
            return _to_card(talk, match.group(1), act)
    return None


def _to_card(talk: Talk, named: str | None, act: Callable[[Talk, int], Reply]) -> Reply | None:
    """With a number it is that lead's; without one the card that waits, if no customer is led who
    may be meant."""
    me = talk.speaker.account_id or 0
    if not may(talk.speaker.role, Permission.CLAIM_LEAD):
        return say(staff.OTHER_ROLE) if named else None
    if named is None:
        if takeovers.of_owner(talk.session, me):
            return None
        waiting = [each for each in leads_of_advisor(talk.session, me) if each.claimed_at is None]
        if not waiting:
            return None
        named = str(waiting[0].id)
    try:
        return act(talk, int(named))
    except NotFound:
        return say(staff.NO_SUCH_LEAD.format(id=named))
    except offers.ClaimedByOther as error:
        return say(phrases.others(named, str(error.facts["name"])))


def _later(talk: Talk, lead_id: int) -> Reply:
    try:
        lead, at = offers.put_off(
            talk.session, lead_id=lead_id, account_id=talk.speaker.account_id or 0
        )
    except offers.PutOffEnough:
        return say(phrases.NO_LATER.format(id=lead_id))
    return say(phrases.later(lead, at))


def _not_mine(talk: Talk, lead_id: int) -> Reply:
    name = offers.decline(talk.session, lead_id=lead_id, account_id=talk.speaker.account_id or 0)
    return say(phrases.passed_on(lead_id, name))


def _tag(talk: Talk, lead_id: int, name: str, *, off: str) -> Reply:
    """«客户12 标签 高意向», «客户12 去掉标签 高意向»."""
    me = talk.speaker.account_id or 0
    if not may(talk.speaker.role, Permission.LOG_FOLLOW_UP):
        return say(staff.OTHER_ROLE)
    member = security.staff_members(talk.session, {me})[me]
    if not lead_list.reaches(talk.session, member, lead_id, Permission.LOG_FOLLOW_UP):
        return say(staff.NO_SUCH_LEAD.format(id=lead_id))
    if off and off[0] in "去删取":
        labels.take_off(talk.session, lead_id=lead_id, name=name)
    else:
        try:
            labels.put(talk.session, lead_id=lead_id, name=name, account_id=me)
        except labels.TagWrong:
            return say(phrases.TAG_WRONG)
    return say(phrases.tagged(lead_id, labels.of(talk.session, {lead_id})[lead_id]))


def _away(talk: Talk) -> Reply:
    from_at, to_at, when = study.window(talk)
    if when == study.NO_TIME_NAMED:
        from_at, to_at = clock.day_of(clock.today())
    from_at = max(from_at, clock.now())
    if to_at <= from_at:
        return say(phrases.WHICH_DAY)
    me = talk.speaker.account_id or 0
    staffing.be_away(talk.session, account_id=me, until=to_at, from_at=from_at)
    begins_now = from_at <= clock.now()
    count = offers.pass_unclaimed(talk.session, account_id=me) if begins_now else 0
    return say(phrases.away(from_at, to_at, count))
