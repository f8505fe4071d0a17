"""Says a sentence again as another person might: other names, other manners, other slips."""

import random
import re

from grammar import slots

_ENTITY = re.compile(r"\[([^\[\]]+)\]\(([a-z_]+)\)")
# Openings and endings that change nothing of what is wanted.
OPENINGS = (
    "你好，|您好|请问|请问一下|老师，|老师好，|老师你好，|那个|那|麻烦问下|想问下|我想问一下|问一下|哈喽，|你好我想问一下|不好意思，|麻烦了，|"
    "客服你好|亲，|在吗，|嗯，|哦|对了，|那请问|打扰一下，|您好请问一下|咨询一下|hi，"
).split("|")
ENDINGS = (
    "呢|啊|呀|哈|谢谢|，谢谢|？|。|！|~|哦|的|吧|，麻烦了|😊|🙏|，急|谢谢老师|，在线等|啦".split(
        "|"
    )
)
# Pairs that sound or look alike and are mixed up in haste.
SLIPS = (
    "在再 做作 的得 的地 哪那 坐座 已以 他她 嘛吗 吧把 了啦 是事 报抱 课刻 课科 假价 费废 试是 听停 情请 请清 老姥 师是 班般 续需 退腿 票漂 "
    "补布 绩迹 程成 账帐 款宽 习息 业页 签千 到道 交教 换还 剩胜 几己 期其 员原 级极 线现 看砍 问闻 教较 园圆 书输 语雨 数树 学雪"
).split()
_SLIP = {pair[0]: pair[1] for pair in SLIPS}


def vary(sentence: str, chance: random.Random) -> str:
    """Return the sentence with one to three small changes; its entities stay marked."""
    changed = _ENTITY.sub(lambda mark: _renamed(mark, chance), sentence)
    changed = changed.replace(slots.CLASS * 2, slots.CLASS)
    if chance.random() < 0.3:
        changed = chance.choice(OPENINGS) + changed
    if chance.random() < 0.3:
        changed = changed.rstrip("？?。！~") + chance.choice(ENDINGS)
    if chance.random() < 0.25:
        changed = _slipped(changed, chance)
    if chance.random() < 0.25:
        changed = re.sub("[，。？！,?!]", chance.choice(["", " "]), changed)
    return changed


def _renamed(mark: re.Match[str], chance: random.Random) -> str:
    """Replace an entity by another of its kind, half the time."""
    if chance.random() < 0.5 or mark[2] not in slots.SLOTS:
        return mark.group()
    return slots.marked("material" if mark[1] in slots.MATERIALS else mark[2], chance)


def _slipped(sentence: str, chance: random.Random) -> str:
    """Mistype one character outside the marks."""
    open_text = _ENTITY.sub(lambda mark: "\0" * len(mark.group()), sentence)
    places = [at for at, char in enumerate(open_text) if char in _SLIP]
    if not places:
        return sentence
    at = chance.choice(places)
    return sentence[:at] + _SLIP[sentence[at]] + sentence[at + 1 :]
