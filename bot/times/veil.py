"""Hide what looks like a time and is none, before any time is read.

Silent wrong answers are worse than missing ones, so whatever has another reading in a talk with
a training institution (grades, ages, prices, counts, numbers, names, small talk) is blanked out.
Each blanked character becomes ``VEIL``, which no pattern of the grammar matches.
"""

import re

from bot.times.numerals import NUMBER

VEIL = "\ufffc"

_DAY_WORDS = "今明昨后前当天日一二三四五六末早号"
_FUNCTION_WORDS = (
    "的是有请换找和跟与哪几约让叫看给新老大小个上下王李张刘陈杨赵黄吴徐孙胡朱高林何郭马罗"
)
_FUNCTION_WORDS += (
    "梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范"
)
_FUNCTION_WORDS += "方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"

_PATTERNS = (
    # Numbers that name something: phones, orders, addresses on the net, amounts of money.
    r"(?:https?://|www\.)[\x21-\x7e]+",
    r"(?:订单|单号|编号|尾号|验证码|工号|学号|卡号|账号|微信|qq)\S{0,3}?[a-z0-9-]{4,}",
    r"(?<![\d.])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)",
    r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)",
    r"[a-z]{1,12}-?\d{5,}",
    r"(?<!\d)(?!(?:19|20)\d{6}(?!\d))\d{7,}",
    r"[¥$]\d[\d.]*",
    r"[\d.]{1,9}(?:元|块|万|k(?![a-z])|折|%|倍|米|公里|斤|号线)",
    r"[零一二三四五六七八九十]点[零一二三四五六七八九十\d]{1,3}(?:折|倍|米|公里|元|块|万|个百分)",
    r"百分之[\d零一二三四五六七八九十百点.]+",
    # Grades, ages, counts and ratios.
    r"年级[上下](?:半)?(?:学期|册)",
    r"[一二三四五六七八九1-9](?:升[一二三四五六七八九1-9])?年级(?:[上下](?:学期|册))?",
    r"(?<!大年)(?<!正月)(?<!月)(?<!历)(?<!春节)(?<!过年)(?<!年)初[一二三](?![十])",
    r"(?:初|高|小|大|幼)[一二三四五六](?:升[初高小大][一二三四五六])?[上下](?:学期|册)",
    r"(?:今年|明年|去年)(?=(?:才|刚|快|满|就|要|已经|都)?" + NUMBER + r"(?:周)?岁)",
    NUMBER + r"(?:[.点]5|周)?岁(?:半)?",
    r"[\d.]{1,6}-[\d.]{1,6}(?:岁|元|块|人|个|节|年级|次|课时)",
    r"第" + NUMBER + r"(?:个(?!周|星期|礼拜|工作日)|节|次|课|讲|单元|期|名|章|点|批)",
    NUMBER + r"(?:课时|节课|次课|堂课|人班)",
    r"(?:[一二两三四五六几半每隔\d])(?:个)?(?:周|星期|礼拜|月|天)"
    r"(?:上|学|来|排|安排)?[一二两三四五六七几\d](?:[-到]?[一二两三四五六七几\d])?"
    r"(?=节|次|堂|回|趟|个小时|小时|课时|个课时)",
    r"(?<![\d.])\d/\d(?=[的节课人个,。]|$)(?<=[13]/[2-9])",
    # 一点 meaning a bit, and points of an argument.
    r"(?:(?<=[今明昨][早晚])|(?<![今明昨])[早晚]|[快慢多少好差贵大小高低轻重便宜近远有这那哪些])"
    r"一点(?!半|钟|整|[一三]刻|多钟)",
    r"[一1]对[一二三四多1-4]",
    r"一点点|一点(?=也|都不|都没|儿|没有)",
    r"(?<=[这那有提以下])[一二两三四五六几](?=点(?!的|场|班|半|钟|课|多|左右|前|后|之|以))点",
    NUMBER
    + r"点(?=(?:要求|建议|意见|想法|问题|疑问|疑惑|原因|不满|希望|需求|说明|注意|感受|体会|补充))",
    # Greetings and other fixed words.
    r"(?<!["
    + _DAY_WORDS
    + r"])(?:早上|上午|中午|下午|傍晚|晚上)好(?!吗|不|么|像|多|几|些|一|点|久|的|了)",
    r"下午茶|三点水|早晚(?=会|要|得)|今日头条|清明上河图|半天(?!后|以后|之后|内)|前后(?=左右)",
    r"天天(?!气)(?<![今明昨后前]天天)|小明|聪明(?!天)|证明(?!天)|文明(?!天)|晚晚|早早",
    r"[线网楼地私一马以加赶遇碰接剩留定][上下](?<!周一[上下])(?<!期一[上下])(?<!拜一[上下])"
    r"(?=周|星期|礼拜|个星期|个礼拜|个月|月|学期)",
    r"以后(?=天天)|[以之然最随过]后(?=[早晚])",
    # Weekday look-alikes: names and places.
    r"(?<![这本上下每个])周[一二三四五六日天][^"
    + _FUNCTION_WORDS
    + r"\d\s,。?!](?=老师|同学|校长|教练|妈妈|爸爸)",
    r"周(?:一|三|天|日)?(?=老师的)",
    r"(?:五一|八一|六一|十一|五四|国庆)(?:路|广场|大道|大街|店|校区|街|新村|[东西南北中]路|桥|小学|中学|学校)",
    r"(?<=[王李张刘陈杨赵黄周吴孙朱马胡郭林何高罗])(?:国庆|建军|元旦|重阳|清明|春分)(?=老师|同学|的|他|她|妈|爸)",
    # Rooms, buildings and other things with a number.
    NUMBER + r"号(?=楼|线|教室|门|店|馆|桌|院|柜|机|座|厅|校区|校|房|会议|车|位"
    r"|员|码|学员|老师|套餐|链接|作业|学生|课室|琴房)",
    r"[\d一二三四五六七八九十]月(?=卡|龄|大的|费|饼|嫂|子|份套餐)",
)
_LOOK_ALIKES = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS))


def veiled(plain_text: str) -> str:
    """The text with every look-alike blanked, of the same length."""
    return _LOOK_ALIKES.sub(lambda match: VEIL * len(match[0]), plain_text)
