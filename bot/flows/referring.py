"""「推荐朋友」: a family's own link and code for friends (A8)."""

import re

from backend.security import service as links
from bot.flows.talk import Talk
from bot.phrases import referring as phrases
from bot.replies import Reply, say, show

_ASKS = re.compile(
    r"^(?:我)?(?:要|想)?(?:给你们)?(?:推荐|介绍)(?:有礼|朋友|好友|同学|新同学|朋友来|别人来)(?:报名|上课)?$"
    r"|^(?:我的)?推荐(?:码|链接|二维码)$|^转介绍$|^(?:我的)?(?:推荐)?奖励券?$|^推荐奖励"
)
PATH = "/me/referral"


def heard(talk: Talk) -> Reply | None:
    """The page with the family's own code; None for anything else."""
    if not _ASKS.match(talk.plain):
        return None
    if talk.speaker.guardian_id is None:
        return say(phrases.FAMILIES_ONLY) if talk.speaker.account_id is None else None
    url = links.personal_link(talk.openid, PATH)
    return show(title=phrases.TITLE, description=phrases.TEXT, url=url)
