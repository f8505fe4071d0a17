"""「今天收了多少钱」: money that came in and went back, as far as the role sees payments."""

import re

from backend.finance import queries as finance
from backend.kit import clock
from backend.security import queries as people
from backend.security.permissions import scope_of
from backend.security.schemas import Permission, Scope
from bot.flows.staff import only_for
from bot.flows.talk import Talk
from bot.phrases import staff as phrases
from bot.replies import Reply, say

_ASKED = re.compile(
    r"收(?:了|到|入|进)了?(?:多少|几)|(?:收款|进账|入账|实收)(?:了|有)?(?:多少|几|情况|怎么样|金额)"
    r"|^(?:今天|昨天|前天|本周|这周|上周|本月|这个月|上个?月)的?(?:收款|进账|入账|实收|收入)[呢吗?？]*$"
)


def asked(talk: Talk) -> Reply | None:
    """The answer for a member of staff; None for anything else."""
    if talk.speaker.account_id is None or not _ASKED.search(talk.plain):
        return None
    talk.state.misunderstood = 0
    return told(talk)


def _told(talk: Talk) -> Reply:
    (from_at, to_at), when = clock.day_of(clock.today()), "今天"
    for span in talk.meaning.times:
        if span.start_at and span.end_at:
            from_at, to_at, when = span.start_at, span.end_at, span.text
            break
    campus_id = None
    if scope_of(talk.speaker.role, Permission.SEE_PAYMENTS) is not Scope.ALL:
        member = people.staff_member(talk.session, talk.speaker.account_id or 0)
        campus_id = (member.campus_id if member else None) or 0
    found = finance.takings(talk.session, from_at, to_at, campus_id=campus_id)
    return say(phrases.takings(when, found, is_campus=campus_id is not None))


told = only_for(Permission.SEE_PAYMENTS, _told)
