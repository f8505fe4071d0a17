"""成绩 by chat: a family asks for its own children's published marks; who enters gets the page.

The ids come from the speaker's identity, never from the message.
"""

import re

from backend.security.permissions import may
from backend.security.schemas import Permission, Role
from backend.security.service import personal_link
from backend.teaching.scores import queries
from bot.flows import people, whose
from bot.flows.talk import Talk
from bot.phrases import scores as phrases
from bot.replies import Reply, say, show

ASKS = re.compile(
    r"(?:成绩|分数)(?:单)?(?:出来|公布|发布|下来|怎么样|如何|出)?(?:了)?(?:没有?|吗|呢)?$"
    r"|(?:考|测)(?:了|得)?(?:多少|几)分?$|考(?:得|的)(?:怎么样|如何|好不好|咋样)$|(?:得|拿)了(?:多少|几)分$"
)
_NOT_MARKS = re.compile(r"投诉|差评|满分|入学|招生|提高|提升|录取|积分")
MOST = 30


def heard(talk: Talk) -> Reply | None:
    """What a family asks about marks in plain words; None for all else."""
    is_family = talk.speaker.guardian_id is not None or talk.speaker.student_id is not None
    plain = talk.plain.rstrip("?？。!！")
    if not is_family or _NOT_MARKS.search(plain) or not ASKS.search(plain):
        return None
    talk.state.misunderstood = 0
    return asked(talk)


def asked(talk: Talk) -> Reply:
    """「成绩出来了吗」: each child's newest scores beside their own earlier ones."""
    children = whose.learners(talk)
    if not children and may(talk.speaker.role, Permission.ENTER_SCORES):
        return show(
            title=phrases.PAGE_TITLE,
            description=phrases.PAGE_TEXT,
            url=personal_link(talk.openid, "/console/scores"),
        )
    if not children:
        return people.pass_to(Role.ACADEMIC)(talk)
    names = {child.id: child.name for child in children}
    found = [
        score for id_ in list(names) for score in queries.published(talk.session, [id_], limit=MOST)
    ]
    return say(phrases.for_children(names, found) if found else phrases.NONE)
