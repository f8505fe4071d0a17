"""Finds entities by shape and by word list: phones, amounts, grades, subjects, teachers …

Returns every candidate, overlapping ones too; `entities` decides. Works on normalised text only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from understanding.lexicon import lexicon
from understanding.times import time_spans


@dataclass(frozen=True, order=True)
class Span:
    """A half-open piece of the normalised text that names something."""

    start: int
    end: int
    entity: str

    def overlaps(self, other: "Span") -> bool:
        """Tell whether the two share a character."""
        return self.start < other.end and other.start < self.end


NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|[零〇一二两三四五六七八九十百千万]+半?)"
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁"
    "岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾"
)
COMMON_SURNAMES = SURNAMES[:40]
# A single one of these is an article rather than a count: 一节课多少钱, 请一次假.
COUNTED = r"(?:节课|课时|次课|课次|节|堂课?|次(?!数)|人次|个人|人(?!工|民|家|班)|位|名|张|份|件|条|块|把|本|组|单|颗星?|个|星|讲)"
MEASURED = r"(?:年(?!级)|个月|天|个?星期|个?礼拜|周(?![年一二三四五六日天岁末几多上])|个?小时|分钟|盒|包|箱|支|只|瓶|套|台|袋|卷|桶|双|打|根|副|(?<!十)分(?!钟)|个半月)"
_COUNT = r"(?:[0-9]{1,4}(?:\.[0-9]+)?|一[百千万]|[零〇一二两三四五六七八九十百千万]{2,}|[二两三四五六七八九十]|几十|十几|十)"
GRADE = (
    r"(?:(?:小学|初中|高中)?[一二三四五六七八九1-9](?:[到至\-~、]?[一二三四五六七八九1-9])?年级|"
    r"(?:(?<![验心属附范])小学|幼儿园)(?:毕业|低年级|高年级|低段|高段)?|小一(?![点些])|小二|小三(?!门)|小四|小五|小六|"
    r"初[一二三123](?:升高一)?|初中生?|高[一二三123]|高中生?|中考生|高考生|"
    r"幼升小|小升初|初升高|中班|(?<=上)小班|小班(?=[孩娃升])|(?<=上)大班|大班(?=[孩娃升])|幼小衔接|(?<![入开上放])学前班?|"
    r"大[一二三四1-4](?![节点些个号])|研[一二]|大学生|成人|成年人|小学生|中学生|"
    r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})(?:[到至\-~](?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3}))?(?:周?岁半?|岁多)|[一二三四五六]升[二三四五六七])"
)
# Listed words that are often something else: a robot is whom one may be talking to.
DOUBTFUL = frozenset(
    "机器人 阅读 英文 表演 听力 口语 手工 唱歌 体能 写作 科学 政治 历史 生物 地理 模特 化妆 普通话 摄影 ps".split()
)
SHAPES: tuple[tuple[str, str], ...] = (
    ("phone", r"(?<![0-9])(?:\+?86[- ]?)?1[3-9][0-9](?:[ \-]?[0-9]{4}){2}(?![0-9])"),
    ("phone", r"(?<![0-9])0[0-9]{2,3}-?[0-9]{7,8}(?![0-9])"),
    (
        "amount",
        rf"(?:¥|￥|rmb ?){NUMBER}|{NUMBER}(?:来|多|几)?(?:块钱|元钱|元整|元|块(?!白|黑|画|地|板|橡)|人民币|rmb|万块?|k(?![a-z]))[0-9一二三四五六七八九]?",
    ),
    (
        "quantity",
        rf"(?<![第初高上下这那每哪几0-9])(?:(?:{_COUNT}|[一半])(?:来|多)?{MEASURED}半?|{_COUNT}(?:来|多)?{COUNTED})(?!级)",
    ),
    (
        "order_no",
        r"(?<![0-9a-z])(?:dd|o|no\.?|order|ord|so)[\-_ ]?[0-9]{4,}[0-9\-]*|(?<=订单)号?[是:： ]*[0-9]{4,}",
    ),
    (
        "ticket_no",
        r"(?<![0-9a-z])(?:gd|t|tk|ts|tousu|ticket)[\-_#]?[0-9]{3,}[0-9\-]*|(?:(?<=工单)|(?<=投诉单)|(?<=报修单)|(?<=反馈单)|(?<=受理单))号?[是:： ]*#?[a-z]{0,3}-?[0-9]{2,}",
    ),
    ("grade", GRADE),
    (
        "teacher",
        rf"(?:[{SURNAMES}][\u4e00-\u9fff]{{0,2}}?|[a-z]{{2,10}} ?)(?:老师|教练|导师)(?!傅)",
    ),
    (
        "campus",
        r"(?:(?![看在去到的告诉是个哪换转你我能有几别其这那各从和跟离帮查个店总为了吗问下区])[\u4e00-\u9fff]){2,4}"
        r"(?:校区|分校|旗舰店)",
    ),
    ("room", r"[0-9a-z一二三四五六七八九]{1,4}(?:号|楼)?(?:教室|会议室|琴房|画室|舞蹈房|机房)"),
    ("class_mode", r"一对[一二三四]|1对[1-4]|1v[1-4]|[0-9一二三四五六七八]人班"),
)
_COMPILED = tuple((entity, re.compile(shape)) for entity, shape in SHAPES)
_ASCII = re.compile(r"[a-z0-9+]")
_LABEL = re.compile(r"^号?[是:： #]*")
# Common words that a shape would mistake for a name: 我们老师, 这个老师, 换老师.
NOT_A_TEACHER = re.compile(
    r"^(?:辛苦|钱呀?|谢谢?|[我你他她它咱]们?的?|这个?|那个?|哪个?|换个?|有|的|找个?|问|给|跟|和|请|请问|让|新|别的|其他|原来|上次那个|上课|"
    r"班主任|主课?|任课|授课|代课|助教|什么|啥|几个|个|好|一个|是|对|说|同一个|所有|每个|各位|还是|男|女|外教|指导|教|联系|评价|表扬|投诉|"
    r"因为|就是|想|要|看看|觉得|感谢|谢谢|为什么|喜欢|关于|方便|万一|成|安排|管|都|单|解|任|教学|辅导|单位|许|文|路|钱|应|向|高|章|一位|咨询|提醒|不|"
    r"于|用|按|周|白|包|安|康|左|关|连|时|得|到|在|把|被|但|而)?(?:老师|教练|导师|外教)$"
)


@lru_cache(maxsize=1)
def _words() -> tuple[dict[str, tuple[str, ...]], int]:
    """Return the entity names of each word, and the length of the longest word."""
    found: dict[str, list[str]] = {}
    for entity, words in lexicon().items():
        for word in words:
            found.setdefault(word, []).append(entity)
    return {word: tuple(names) for word, names in found.items()}, max(map(len, found))


@lru_cache(maxsize=40_000)
def candidates(text: str) -> tuple[Span, ...]:
    """Return every span that a shape or the word list proposes, in order of start.

    Remembered, because the tagger and the intent model ask for the same text, and training
    for all of them.
    """
    spans = [Span(start, end, "time") for start, end in time_spans(text)]
    for entity, shape in _COMPILED:
        for found in shape.finditer(text):
            start, end = found.span()
            if entity in ("order_no", "ticket_no"):
                label = _LABEL.match(text[start:end])
                start += label.end() if label else 0
            if entity == "teacher":
                if NOT_A_TEACHER.match(found.group()):
                    # A teacher named 谢 is found by the tagger; 感谢老师 is no name.
                    continue
                # 高中李老师 is 李老师: the last surname before the title begins the name.
                if end - start == 5 and text[start + 2] in COMMON_SURNAMES:
                    start += 2
            spans.append(Span(start, end, entity))
    spans.extend(_listed(text))
    return tuple(sorted(set(spans)))


def _listed(text: str) -> list[Span]:
    """Return the spans of listed words; a Latin word must not be a piece of a longer one."""
    words, longest = _words()
    spans = []
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + longest) + 1):
            for entity in words.get(text[start:end], ()):
                if not _inside_latin(text, start, end):
                    spans.append(Span(start, end, entity))
    return spans


def _inside_latin(text: str, start: int, end: int) -> bool:
    """Tell whether the span cuts through a Latin word or number."""
    before = start > 0 and _ASCII.match(text[start - 1]) and _ASCII.match(text[start])
    after = end < len(text) and _ASCII.match(text[end]) and _ASCII.match(text[end - 1])
    return bool(before or after)


# Which name a span with several keeps, when nothing but the words is known: 围棋 is sooner a
# subject than a thing in the store-room.
PREFERENCE = (
    "phone order_no ticket_no amount teacher campus grade subject class_mode time quantity level "
    "room document channel item course person"
).split()


def longest(spans: Iterable[Span]) -> list[Span]:
    """Keep the longest of overlapping spans (of equals, the preferred), in order of start."""
    kept: list[Span] = []
    for span in sorted(
        spans, key=lambda each: (each.start - each.end, PREFERENCE.index(each.entity), each.start)
    ):
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept)
