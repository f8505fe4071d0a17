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


# What these say is so short that a greeting before it or thanks behind it are the message.
SHORT = frozenset("greet thank goodbye affirm deny cancel out_of_scope".split())
MANNERS = re.compile("你好|您好|谢|老师|亲|哈喽|hi|在吗|客服|麻烦|🙏|嗯|哦|好意思|打扰")
# A slip in a shorter text leaves nothing to understand.
SHORTEST_SLIPPED = 5
PAST = re.compile("[上昨前刚]|去年")


def vary(intent: str, sentence: str, chance: random.Random) -> str:
    """Return the sentence with one to three small changes; marks and meaning stay."""
    changed = _ENTITY.sub(lambda mark: _renamed(intent, mark, chance), sentence)
    changed = changed.replace(slots.CLASS * 2, slots.CLASS)
    if chance.random() < 0.3:
        changed = _manner(intent, OPENINGS, chance) + changed
    if chance.random() < 0.3:
        changed = changed.rstrip("？?。！~") + _manner(intent, ENDINGS, chance)
    if chance.random() < 0.25:
        changed = _slipped(changed, chance)
    if chance.random() < 0.25:
        changed = re.sub("[，。？！,?!]", chance.choice(["", " "]), changed)
    return changed


def _manner(intent: str, manners: list[str], chance: random.Random) -> str:
    """Return an opening or an ending that is not a message of its own."""
    drawn = chance.choice(manners)
    return "" if intent in SHORT and MANNERS.search(drawn) else drawn


def _renamed(intent: str, mark: re.Match[str], chance: random.Random) -> str:
    """Replace an entity by another of its kind, half the time."""
    if chance.random() < 0.5 or mark[2] not in slots.SLOTS:
        return mark.group()
    if mark[2] == "quantity":
        return f"[{slots.recounted(mark[1], chance)}](quantity)"
    if mark[2] == "time":
        return _another_time(mark, chance)
    # What a family asks for is no paper of the staff's.
    is_material = intent == "get_material" or mark[1] in slots.MATERIALS
    return slots.marked("material" if mark[2] == "document" and is_material else mark[2], chance)


def _another_time(mark: re.Match[str], chance: random.Random) -> str:
    """Return another time, past for past: who says 上次 does not ask what comes."""
    drawn = slots.time(chance)
    while bool(PAST.match(drawn)) != bool(PAST.match(mark[1])):
        drawn = slots.time(chance)
    return f"[{drawn}](time)"


def _slipped(sentence: str, chance: random.Random) -> str:
    """Mistype one character outside the marks."""
    open_text = _ENTITY.sub(lambda mark: "\0" * len(mark.group()), sentence)
    places = [at for at, char in enumerate(open_text) if char in _SLIP]
    if not places or len(_ENTITY.sub(lambda mark: mark[1], sentence)) < SHORTEST_SLIPPED:
        return sentence
    at = chance.choice(places)
    return sentence[:at] + _SLIP[sentence[at]] + sentence[at + 1 :]
