"""Reading of small things that people type: numbers, names, phones, grades, subjects.

All pure, all on Simplified text; `simplified` keeps one character for one, so that offsets hold.
"""

import re
import unicodedata
from functools import lru_cache

import opencc

PHONE = re.compile(r"(?<![0-9])(?:\+?86[- ]?)?(1[3-9][0-9](?:[- ]?[0-9]{4}){2})(?![0-9])")
GRADE = re.compile(
    r"(?:小学)?[一二三四五六123456]年级|(?<![小])小[一二三四五六](?![个时])"
    r"|初中?[一二三123](?:年级)?|[七八九789]年级|高中?[一二三123](?:年级)?|幼儿园|[大中小]班|学前班|幼小衔接"
)
_NUMBER = r"[1-9][0-9]?|十[一二三四五六七八]?|[一二两三四五六七八九]"
AGE = re.compile(rf"(?<![0-9十到至~–-])(虚岁)?({_NUMBER})(?:周岁|岁)半?")
_NURSERY = {3: "小班", 4: "中班", 5: "大班"}
_SCHOOL_AT, _LAST_AT = 6, 17  # Years: who is six on 1 September begins school (义务教育法 §11).
_SUBJECT_WORDS = {
    "英语": "英语 英文 english 剑桥 KET PET 自然拼读 口语 新概念",
    "数学": "数学 奥数 数学思维 思维训练 奥赛",
    "语文": "语文 作文 阅读 写作 国学",
    "编程": "编程 scratch python 机器人 信奥 C++",
    "美术": "美术 画画 绘画 素描 画",
    "书法": "书法 写字 硬笔 毛笔 练字",
    "钢琴": "钢琴 弹琴",
    "舞蹈": "舞蹈 跳舞 街舞 芭蕾",
    "围棋": "围棋 下棋 象棋",
    "物理": "物理",
    "化学": "化学",
    "篮球": "篮球 打球",
}
_SUBJECT_OF = {
    word.lower(): subject for subject, words in _SUBJECT_WORDS.items() for word in words.split()
}
SUBJECT = re.compile(
    "|".join(re.escape(word) for word in sorted(_SUBJECT_OF, key=len, reverse=True)), re.IGNORECASE
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SPOKEN = str.maketrans("零〇幺一二两三四五六七八九", "0011223456789")
_SPOKEN_NUMBER = re.compile(r"[零〇幺一二两三四五六七八九0-9]{11,}")
_ORDINAL = re.compile(
    r"^(?:那|嗯|好)?就?我?(?:要|选|报名?|想要|想报名?|想选)?[这那]?[第头]?([一二两三四五六七八九1-9])(?:个|号|班|项|种|款)?"
    r"(?:吧|班|的|那个|就行|好了|可以|呗|啊|了)*$"
)
_AGREED_WORDS = (
    "同意 确认 确定 没问题 好的 好 可以 是 是的 对 对的 行 无误 ok 中 成 妥 得 要得 好嘞 好滴 好哒 嗯 嗯嗯 没错 "
    "就这个 就那个 就它 就它了 👍 👌"
)
AGREED = frozenset(_AGREED_WORDS.split())
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕"
    "丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃"
    "武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒"
    "阮柯纪梅童凌毕单裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古"
    "吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫"
)
_DOUBLE_SURNAMES = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容")
_KIN = "妈妈?|爸爸?|爷爷|奶奶|外公|外婆|姥姥|姥爷|家长|监护人"
_CHILD = "孩子|小孩|小朋友|宝宝|宝贝|娃娃?|儿子|女儿|闺女|大?孙子|孙女|外孙女?|学生|学员"
_NAME_FRAME = re.compile(
    r"^(?:(?:我|俺|咱|我们|俺们)?家?(?:是|叫)?(?:他|她|孩子|娃)?的?"
    rf"(?:{_CHILD}|{_KIN})?的?(?:姓名|名字|大名)?(?:叫做?|是|姓)?[:： ]?)"
    r"([一-鿿]{2,6}?|[一-鿿]{1,8}·[一-鿿]{1,8}|[A-Za-z][A-Za-z .'-]{1,30})(?:吧|啊|哦|呀|的)?$"
)
_SAYS_NAME = re.compile(rf"叫|姓名|名字|大名|(?:{_CHILD}|{_KIN})(?:是|[:：])")
_SAYS_GUARDIAN = re.compile(rf"^(?:我|俺)(?:叫|是)|{_KIN}")
# Words that no name holds, and signs that only a surname in front of them outweighs (周, 钱, 李想).
_NO_NAME = re.compile(
    r"多少|什么|怎么|哪[里儿个些]|谢谢|你好|您好|报名|老师|校[区长]|价[格钱]|取消|人工|可以|好的|地址|时候|时间|学校|年级|同意|投诉"
    r"|电话|手机|微信|号码|[写填选弄]错|错了|不[是对行用要报办]|没有|周[一二三四五六日天末]|星期|第[一二三四五六]|[这那]个|[头一]个|头一|算了"
    r"|上课|课[程表时]|班级|孩子|家长|名字|姓名|几[点个岁年]|订单|退费|付款|缴费|优惠|马上|方便|高兴|安排|随便|万一|于是|明天|后天|今天|一下|稍等|知道|需要"
    rf"|继续|接着|下一[步个]|咨询|了解|问个|问[一点]下|先试|试听|[0-9一二三四五六七八九十]岁"
    rf"|^(?:{_KIN}|{_CHILD}|我们?)$|[吧啊呀哦吗呢嘛么了]$"
)
_ADDRESS = re.compile(
    rf"^(?:我是|俺是|叫我)?((?![我他她你您俺咱孩宝娃妈爸爷奶外姥家监])[一-鿿]{{1,4}}(?:{_KIN}))(?:吧|哈|啊)?$"
)
_UNLIKELY_IN_NAMES = re.compile(r"[不课班钱几错改对行好嗯想要报请周号哪谁]")
_BREAKS = re.compile(r"[，,、;；。/\s]+")


@lru_cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1024)  # One message is read by many patterns.
def simplified(text: str) -> str:
    """Simplified, half-width; same length as the input, character for character."""
    folded = "".join(
        unicodedata.normalize("NFKC", c) if len(unicodedata.normalize("NFKC", c)) == 1 else c
        for c in text
    )
    converted: str = _converter().convert(folded)
    return converted if len(converted) == len(text) else folded


def phone(text: str) -> str | None:
    """The mainland mobile number in a text as 11 digits: 138-1234 5678, 幺三八… → 13812345678."""
    plain = simplified(text)
    plain = _SPOKEN_NUMBER.sub(lambda found: found.group().translate(_SPOKEN), plain)
    match = PHONE.search(plain)
    return re.sub(r"[- ]", "", match.group(1)) if match else None


def is_phone_alone(text: str) -> bool:
    """Whether a message is a mobile number and nothing else."""
    return (
        phone(text) is not None and re.fullmatch(r"[\d\s+幺-]{11,18}", simplified(text)) is not None
    )


def looks_like_phone(text: str) -> bool:
    """Whether somebody tried to give a number, right or wrong."""
    return sum(c.isdigit() for c in text) >= 7


def grade(text: str) -> str | None:
    """A school grade in a text, as 三年级, 初一, 高二, 大班."""
    match = GRADE.search(simplified(text))
    if match is None:
        return None
    number = grade_number(match.group())
    if number is None or number == 0:
        return match.group()
    return _grade_named(number)


def _grade_named(number: int) -> str:
    if number <= 6:
        return f"{'一二三四五六'[number - 1]}年级"
    return f"{'初高'[(number - 7) // 3]}{'一二三'[(number - 7) % 3]}"


def _years(number: str) -> int:
    if number.isdecimal():
        return int(number)
    ones = number.removeprefix("十")
    return (10 if number[0] == "十" else 0) + (_DIGITS[ones] if ones else 0)


def grade_number(text: str) -> int | None:
    """小一 = 1 … 小六 = 6, 初一 = 7, 高三 = 12; kindergarten = 0; None when there is none."""
    match = GRADE.search(simplified(text))
    if match is None:
        return None
    found = match.group()
    if re.search(r"幼儿园|班|幼小", found):
        return 0
    digit = next((_DIGITS.get(c) or int(c) for c in found if c in _DIGITS or c.isdigit()), 0)
    if "初" in found:
        return 6 + digit
    if "高" in found:
        return 9 + digit
    return digit or None


def age(text: str) -> tuple[str, str] | None:
    """A child's age and the grade that is usual at it: «虚岁7岁» → ("虚岁7岁", "一年级"), «3岁的娃» →
    ("3岁", "小班"). A guess, to be said as one: a named grade goes before it. None for ranges, and
    for ages that are not at school."""
    match = AGE.search(simplified(text))
    if match is None:
        return None
    years = _years(match.group(2)) - (1 if match.group(1) else 0)
    if years in _NURSERY:
        return match.group(), _NURSERY[years]
    if not _SCHOOL_AT <= years <= _LAST_AT:
        return None
    return match.group(), _grade_named(years - _SCHOOL_AT + 1)


def years(text: str) -> int | None:
    """How old a child is, where that was asked: «6岁半», «8», «虚岁7岁» (then 6)."""
    plain = simplified(text)
    match = AGE.search(plain)
    if match is not None:
        return _years(match.group(2)) - (1 if match.group(1) else 0)
    bare = re.fullmatch(r"\D{0,3}(\d{1,2})\D{0,3}", plain)
    return int(bare.group(1)) if bare else None


def subject(text: str) -> str | None:
    """The school subject or art that a text names, as the catalogue calls it."""
    match = SUBJECT.search(simplified(text))
    return _SUBJECT_OF[match.group().lower()] if match else None


def ordinal(text: str) -> int | None:
    """The number somebody chose: 2, 第二个, 选1, 就第一个吧."""
    match = _ORDINAL.match(simplified(text).strip(" 。.!！,，"))
    if match is None:
        return None
    chosen = match.group(1)
    return int(chosen) if chosen.isdigit() else _DIGITS[chosen]


def name(text: str) -> tuple[str, bool] | None:
    """A person's name as it was typed, and whether it surely is one: «他叫李小明» → ("李小明", True)."""
    plain = simplified(text)
    bare = plain.strip(" \t\n。.!！,，~～")
    match = _NAME_FRAME.match(bare)
    if match is None:
        return None
    found = match.group(1).strip()
    framed = bool(_SAYS_NAME.search(bare[: match.start(1)]))
    if found.isascii():
        return (found, framed) if found.lower() not in AGREED else None
    if (
        form_of_address(found)
        or _NO_NAME.search(found)
        or found in AGREED
        or SUBJECT.fullmatch(found)
        or GRADE.search(found)
    ):
        return None
    has_surname = found[0] in _SURNAMES and len(found) in (2, 3)
    has_surname = has_surname or (found.startswith(_DOUBLE_SURNAMES) and len(found) in (3, 4))
    if not (framed or has_surname) and _UNLIKELY_IN_NAMES.search(found):
        return None
    start = plain.index(bare) + match.start(1)
    return text[start : start + len(found)], framed or has_surname


def form_of_address(text: str) -> str | None:
    """What a grown-up is called among parents: 张妈妈, 小明爸爸. It is no child's name."""
    match = _ADDRESS.match(simplified(text).strip(" \t\n。.!！,，~～"))
    return match.group(1) if match else None


def names(text: str) -> list[tuple[str, bool]]:
    """The sure names in a message of several parts, and whether each is said to be a grown-up's:
    «李小明，三年级，妈妈王芳» → [("李小明", False), ("王芳", True)]."""
    parts = [part for part in _BREAKS.split(text) if part]
    if len(parts) < 2:
        return []
    read = [(name(part), bool(_SAYS_GUARDIAN.search(simplified(part)))) for part in parts[:12]]
    return [(found[0], is_guardian) for found, is_guardian in read if found and found[1]]
