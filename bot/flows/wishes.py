"""「退订」, 「不要提醒我上课了」, 「恢复提醒」, 「消息设置」: what somebody wants to hear (S6, C3).

Told by words and not by the understanding, because it must work at once and with everything down.
A wish has to be the whole message: whoever says so inside a complaint is complaining.
"""

import re

from backend.outbox.schemas import NoticeKind
from backend.portal import service as portal
from backend.security import service as security
from bot.flows.talk import Talk
from bot.phrases import wishes as phrases
from bot.replies import Reply, say, show

PAGE = "/me/messages"
ALL = (NoticeKind.REMINDER, NoticeKind.MARKETING, NoticeKind.SERVICE)
_PLEASE = r"(?:请|麻烦|拜托)?(?:你们|您|你)?(?:能不能|可不可以|可以|能)?(?:帮我|给我|把)?"
_NO = (
    rf"^{_PLEASE}(?:我)?(?:别|不要|不用|不必|不想|停止|取消|关闭|关掉|屏蔽|拒收|退订)"
    r"(?:再|老是?|总是?|一直|继续)*(?:给我|跟我|向我|对我)?(?:再)?"
)
_SEND = r"(?:收到?|接收|推送|发送|发|推)(?:我)?"
_ANY = r"(?:这些|这种|那些|那种|任何|你们的?|所有的?|一切)?的?"
_THING = r"(?:信息|消息|短信|通知|推送|内容)?"
_END = r"(?:了|啦|吧|呢|好吗|可以吗|行吗|吗|谢谢|[,，。!！ ])*$"
_LESSONS = r"(?:上课|课程|课前|课时|续费|课)"
_OUT: tuple[tuple[re.Pattern[str], tuple[NoticeKind, ...]], ...] = (
    (re.compile(rf"^(?:回复?)?(?:退订|td|取消订阅){_END}", re.IGNORECASE), (ALL[1],)),
    (re.compile(rf"{_NO}(?:{_SEND})?{_ANY}(?:广告|推销|营销){_THING}{_END}"), (ALL[1],)),
    (re.compile(rf"{_NO}{_SEND}{_ANY}(?:促销|推广|活动|优惠|生日|祝福)+{_THING}{_END}"), (ALL[1],)),
    (re.compile(rf"{_NO}(?:{_SEND})?{_ANY}提醒我?(?:们|孩子)?(?:去)?{_LESSONS}?{_END}"), (ALL[0],)),
    (re.compile(rf"{_NO}(?:{_SEND})?{_ANY}{_LESSONS}(?:的)?提醒{_THING}{_END}"), (ALL[0],)),
    (re.compile(rf"{_NO}{_SEND}{_ANY}(?:信息|消息|短信|通知){_END}"), ALL),
    (re.compile(rf"{_NO}(?:通知|打扰)我{_END}"), ALL),
)
_AGAIN = rf"^{_PLEASE}(?:我想|我要)?(?:恢复|重新(?:开启|打开|接收|开|发)|继续发?)(?:给我|向我)?"
_IN: tuple[tuple[re.Pattern[str], tuple[NoticeKind, ...]], ...] = (
    (re.compile(rf"{_AGAIN}(?:{_SEND})?(?:优惠|活动|广告|促销)+{_THING}{_END}"), (ALL[1],)),
    (re.compile(rf"{_AGAIN}{_LESSONS}?提醒我?(?:去)?{_LESSONS}?{_THING}{_END}"), (ALL[0],)),
    (re.compile(rf"{_AGAIN}服务?(?:通知|消息){_END}"), (ALL[2],)),
    (re.compile(rf"{_AGAIN}(?:所有|全部)?(?:通知|消息|推送|订阅){_END}"), ALL),
)
_SETTINGS = re.compile(r"^(?:消息|通知|提醒|推送)(?:设置|管理)$")
_AGREE = re.compile(
    rf"^{_PLEASE}(?:我想|我要|怎么)?(?:订阅|接收|开启|打开|开通|收到?)(?:微信)?(?:{_LESSONS}的?)?"
    rf"(?:提醒|通知|消息){_END}"
)


def heard(talk: Talk) -> Reply | None:
    """The answer to a wish about notices; None for everything else."""
    for pattern, kinds in _OUT:
        if pattern.match(talk.plain):
            return _wish(talk, kinds, wanted=False)
    for pattern, kinds in _IN:
        if pattern.match(talk.plain):
            return _wish(talk, kinds, wanted=True)
    if _SETTINGS.match(talk.plain):
        return settings(talk)
    if _AGREE.match(talk.plain):
        return agree(talk)
    return None


def settings(talk: Talk) -> Reply:
    """「消息设置」."""
    return show(
        title=phrases.SETTINGS_TITLE,
        description=phrases.SETTINGS,
        url=security.personal_link(talk.openid, PAGE),
    )


def agree(talk: Talk) -> Reply:
    """「接收通知」: WeChat asks for consent on a page only. Whoever wants to be told has not
    declined it any more."""
    portal.wish(talk.session, openid=talk.openid, kinds=(ALL[0], ALL[2]), wanted=True)
    return show(
        title=phrases.AGREE_TITLE,
        description=phrases.AGREE,
        url=security.personal_link(talk.openid, PAGE),
    )


def _wish(talk: Talk, kinds: tuple[NoticeKind, ...], *, wanted: bool) -> Reply:
    portal.wish(talk.session, openid=talk.openid, kinds=kinds, wanted=wanted)
    names = "、".join(phrases.NAMES[kind] for kind in kinds)
    if wanted:
        return say(phrases.IN.format(kinds=names))
    still = phrases.FOR_STAFF if talk.speaker.account_id else phrases.STILL
    first = "所有通知" if len(kinds) > 1 else names
    return say(phrases.OUT.format(kinds=names, still=still, first=first))
