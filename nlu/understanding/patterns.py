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
    "岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾穆麦岑褚"
)
COMMON_SURNAMES = SURNAMES[:40]
# A single one of these is an article rather than a count: 一节课多少钱, 请一次假.
COUNTED = r"(?:节课|课时|次课|课次|节|堂课?|次(?!数)|人次|个人|人(?!工|民|家|班)|位|名|张|份|件|条|块|把|本|组|单|颗星?|个|星|讲|间|筒|提|顶|座|棵|期|册|盏|捆)"
MEASURED = r"(?:年(?!级)|个月|天|个?星期|个?礼拜|周(?![年一二三四五六日天岁末几多上])|个?小时|分钟|盒|包|箱|支|只|瓶|套|台|袋|卷|桶|双|打(?![折卡印球电开包过好算扫听起造])|根|副|(?<!十)分(?!钟)|个半月)"
_ONE = "一二两三四五六七八九"
# 三四 and 两三 are about so many; 四一 and 一四 (推三阻四一个月, 一对一四十五分钟) are two words.
_NEAR = "一两|一二|两三|二三|三四|三五|四五|五六|六七|七八|八九"
_COUNT = (
    rf"(?:[0-9]{{1,4}}(?:\.[0-9]+)?|(?:[{_ONE}]?十|[{_ONE}][百千万])(?:[零〇]?[{_ONE}][十百千万]?)*几?|(?:{_NEAR})[十百千]?|"
    r"[二两三四五六七八九]|几十)"
)
GRADE = (
    rf"(?:(?:小学|初中|高中)?(?:(?<!老)(?:{_NEAR})|[一二三四五六七八九1-9](?:[到至\-~、][一二三四五六七八九1-9])?|[1-9]{{2}})年级|"
    r"(?:(?<![验心属附范])小学|幼儿园)(?:毕业|低年级|高年级|低段|高段)?|小一(?![点些])|小二|小三(?!门)|小四|小五|小六|"
    r"初[一二三123](?:升高一)?|初中生?|高[一二三123]|高中生?|中考生|高考生|"
    r"幼升小|小升初|初升高|幼儿园[小中大]班|中班|(?<=上)小班|小班(?=[孩娃升])|(?<=上)大班|大班(?=[孩娃升])|幼小衔接|(?<![入开上放])学前班?|"
    r"(?<!老)大[一二三四1-4](?![节点些个号])|研[一二]|大学生|成人|成年人|小学生|中学生|"
    r"(?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3})(?:[到至\-~](?:[0-9]{1,2}|[一二两三四五六七八九十]{1,3}))?(?:周?岁半?|多?岁|岁多)|[一二三四五六]升[二三四五六七])"
)
# Listed words that are often something else: a robot is whom one may be talking to.
DOUBTFUL = frozenset(
    "机器人 阅读 英文 表演 听力 口语 手工 唱歌 体能 写作 科学 政治 历史 生物 地理 模特 化妆 普通话 摄影 ps act ap sat 小号 写字 自然 "
    "信息技术 古诗词 古诗文 古文 诗词 财商 天文 小实验 网课 直播课 录播课".split()
)
# What may stand between a label and its number, and what makes the number another thing.
_IS = r"(?:是|为|[:： #])*"
_SUM = r"[0-9a-z.]|多|元|块|[个人位名次天节点分年月]|rmb"
_MOBILE = r"1[3-9][0-9]{9}(?![0-9])"
_TICKET = (
    r"(?:(?:工单|(?:投诉|报修|反馈|受理|维修|申请|服务|审批|客诉|处理|请假|退费|报销|采购)单)(?:的?(?:编号|单号|号码?|尾号))?|"
    r"(?:投诉|报修|反馈|受理|维修|申请|客诉|处理|审批)的?(?:编号|单号|号码?)|单子?的?尾号|"
    r"(?<!快递)(?<!物流)(?<!运)(?<!订)单号(?:的?尾号)?|(?<!学员)(?<!学生)(?<!班级)(?<!课程)(?<!商品)编号)"
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
        rf"(?<![第初高上下这那每哪几十百千0-9])(?<!第[{_ONE}])(?:(?:{_COUNT}|[一半])(?:来|多)?{MEASURED}半?|{_COUNT}(?:来|多)?{COUNTED})(?!级)",
    ),
    ("order_no", rf"(?<![0-9a-z])(?:dd|o|no\.?|order|ord|so)[\-_ ]?[0-9]{{4,}}[0-9\-]*(?!{_SUM})"),
    (
        "order_no",
        rf"(?:订单|流水|交易|缴费单|付款单|收款单)(?:编?号|单号|号码|尾号)?{_IS}(?P<no>(?!{_MOBILE})[a-z]{{0,4}}[0-9]{{4,}}[0-9\-]*)(?!{_SUM})",
    ),
    (
        "ticket_no",
        rf"(?<![0-9a-z])(?:gd|t|tk|ts|tousu|ticket|bx|fk|sl|sq|qj|kf)[\-_#]?[0-9]{{3,}}[0-9\-]*(?!{_SUM})",
    ),
    (
        "ticket_no",
        rf"{_TICKET}{_IS}(?P<no>(?!{_MOBILE})[a-z]{{0,4}}-?[0-9]{{2,}}[0-9\-]*)(?!{_SUM})",
    ),
    ("ticket_no", rf"(?<![0-9a-z#])#(?P<no>[0-9]{{2,8}})(?!{_SUM}|#)"),
    ("grade", GRADE),
    (
        "teacher",
        rf"(?:[{SURNAMES}][\u4e00-\u9fff]{{0,2}}?|[a-z]{{2,10}} ?)(?:老师|教练|导师)(?!傅)",
    ),
    (
        "campus",
        r"(?:(?![看在去到的告诉是个哪换转你我能有几别其这那各从和跟离帮查个店总为了吗问下区来跑住对想搬往由至咱选们报往约就改调挪])[\u4e00-\u9fff]){2,4}"
        r"(?:校区|分校|旗舰店)",
    ),
    ("room", r"[0-9a-z一二三四五六七八九]{1,4}(?:号|楼)?(?:教室|会议室|琴房|画室|舞蹈房|机房)"),
    ("level", r"(?:业余|专业|考级)(?:[一二三四五六七八九十]|10|[1-9])[级段](?!别)"),
    (
        "level",
        r"(?<![0-9a-z])(?:level ?|lv|l|s|n|hsk ?|topik ?|cet-?)[0-9](?![0-9a-z])|(?<![0-9a-z])[abc][12](?![0-9a-z])",
    ),
    ("class_mode", r"一对[一二三四]|1对[1-4]|1v[1-4]|[0-9一二三四五六七八]人班"),
)
_COMPILED = tuple((entity, re.compile(shape)) for entity, shape in SHAPES)
_ASCII = re.compile(r"[a-z0-9+]")
# Inside a teacher's name: what is asked for (换老师, 给安排个老师), not how anybody is called.
_NO_NAME = re.compile(
    r"[换个请问找给让的了这那几派要是我你她他们没不过位名]|^(?:you|your|my|the|our|good|dear|thank)"
)
# Listed words of one character are parts of many others: they are a thing only outside those.
ALONE = {
    word: re.compile(rf"(?<![{before}]){word}(?![{after}])")
    for word, before, after in (
        (
            "水",
            "薪油香墨口汗泪胶风山潜跳游热药雨流喝饮淡",
            "平准果彩粉管龙池杯壶墨印表费桶槽晶泥乡母",
        ),
        (
            "门",
            "部专热冷入出澳厦江天荆登几哪每那这一两三四五六七八九玻",
            "口牌课店诊头票面槛厅",
        ),
        ("锁", "连封反枷闭门", "定骨死售芯"),
        ("麦", "燕小大荞丹", "当克片田麸芽"),
        ("灯", "幻红绿", "笼谜塔火"),
        ("窗", "橱同寒", "口帘户台"),
        ("墙", "城围", "角皮面"),
    )
}
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
            start, end = found.span("no" if "no" in shape.groupindex else 0)
            if entity == "teacher":
                start = _name_start(text, start, end)
                if NOT_A_TEACHER.match(text[start:end]) or _NO_NAME.search(text[start : end - 2]):
                    # A teacher named 谢 is found by the tagger; 感谢老师 is no name.
                    continue
            spans.append(Span(start, end, entity))
    spans.extend(_listed(text))
    return tuple(sorted(set(spans)))


def _name_start(text: str, start: int, end: int) -> int:
    """Return where a teacher's name begins: 高中李老师 and 谢谢顾老师 are called 李 and 顾."""
    if end - start == 5 and text[start + 2] in COMMON_SURNAMES:
        return start + 2
    if text[start] in "谢向和连管让":
        for at in (start + 2, start + 1):
            if at < end - 2 and text[at] in SURNAMES and text[at] != "谢":
                return at
    return start


def _listed(text: str) -> list[Span]:
    """Return the spans of listed words; a Latin word must not be a piece of a longer one."""
    words, longest = _words()
    spans = []
    for start in range(len(text)):
        for end in range(start + 1, min(len(text), start + longest) + 1):
            for entity in words.get(text[start:end], ()):
                alone = ALONE.get(text[start:end])
                if alone and not alone.match(text, start):
                    continue
                if not _inside_latin(text, start, end):
                    # 提高班 is a class; its level is 提高.
                    is_class = entity == "level" and end - start > 2 and text[end - 1] == "班"
                    spans.append(Span(start, end - is_class, entity))
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
