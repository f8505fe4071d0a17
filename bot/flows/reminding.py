"""「明天提醒发给谁」: staff ask who will be reminded; two sentences and the page answer (S5).

Told by words: it is asked by few, and nothing else is said like it.
"""

import re
from datetime import timedelta

from backend.kit import clock
from backend.reminders import service as reminders
from backend.security import service as security
from backend.security.permissions import scope_of
from backend.security.queries import staff_member
from backend.security.schemas import Permission, Scope
from bot.flows import staff
from bot.flows.talk import Talk
from bot.phrases import staff as phrases
from bot.replies import Reply, show

PAGE = "/console/reminders"
_DAYS = {"今天": 0, "明天": 1, "后天": 2}
_WHO = r"(?:谁|哪些人|哪几个人|哪些家长|哪些老师|哪些学员|多少人)"
_ASKED = re.compile(
    rf"^(?:请问|帮我看看|看看|查一下)?(今天|明天|后天)?(?:的)?(?:自动)?"
    rf"(?:提醒(?:都)?(?:会|要)?(?:发给|发|通知)(?:了)?{_WHO}|(?:会|要)?(?:提醒|通知){_WHO})(?:啊|呢|呀)?[?？。]?$"
)


def is_asked(talk: Talk) -> bool:
    """Whether a member of staff asks this."""
    return talk.speaker.account_id is not None and bool(_ASKED.match(talk.plain))


def _outlook(talk: Talk) -> Reply:
    match = _ASKED.match(talk.plain)
    day = (match.group(1) if match else None) or "明天"
    from_at, to_at = clock.day_of(clock.today() + timedelta(days=_DAYS[day]))
    member = staff_member(talk.session, talk.speaker.account_id or 0)
    is_all = scope_of(talk.speaker.role, Permission.KEEP_REMINDERS) is Scope.ALL
    campus_id = None if is_all or member is None else member.campus_id or 0
    seen = reminders.outlook(
        talk.session, from_at=max(from_at, clock.now()), to_at=to_at, campus_id=campus_id
    )
    said = phrases.REMINDERS if seen.told or seen.left_out else phrases.NO_REMINDERS
    return show(
        title=phrases.REMINDERS_TITLE.format(day=day),
        description=said.format(
            day=day, told=seen.told, people=seen.people, left_out=seen.left_out
        ),
        url=security.personal_link(talk.openid, PAGE),
    )


outlook = staff.only_for(Permission.KEEP_REMINDERS, _outlook)
