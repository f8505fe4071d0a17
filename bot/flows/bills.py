"""「今天对账怎么样」: for accountants, whether our money and the platforms' bills agree (F7)."""

import re

from backend.finance.bills import queries
from backend.finance.bills.channels import CHANNELS
from backend.kit.links import page_in_wechat
from backend.security.schemas import Permission
from bot.flows.staff import only_for
from bot.flows.talk import Talk
from bot.phrases import bills as phrases
from bot.replies import Reply, say

_ASKED = re.compile(
    r"^(?:请问|看看|查一?下)?(?:今天|昨天|最近|渠道|微信支付|微信|支付宝|账单)*的?(?:渠道|账单)?"
    r"对账(?:怎么样|如何|情况|结果|平了|对上了|有差异|有没有差异|有问题|单)*了?[吗嘛么没呢?？]*$"
)


def heard(talk: Talk) -> Reply | None:
    """The answer for a member of staff; None for anything else."""
    if talk.speaker.account_id is None or not _ASKED.match(talk.plain):
        return None
    talk.state.misunderstood = 0
    return told(talk)


def _told(talk: Talk) -> Reply:
    found = queries.bills(talk.session)
    waiting = [each.bill_id for each in queries.differences(talk.session)]
    newest = {each.channel: each for each in reversed(found)}
    lines = [phrases.of_day(each, channel=CHANNELS[each.channel].title) for each in newest.values()]
    days = len(set(waiting) - {each.id for each in newest.values()})
    return say(phrases.told(lines, earlier=days, link=page_in_wechat("/bills")))


told = only_for(Permission.KEEP_BOOKS, _told)
