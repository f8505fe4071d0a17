"""The receptionist's stand-in: intents by keyword, for when Rasa is away or unsure.

Patterns are tried from the particular to the general; every match adds its intent, so that two
wishes in one message are both heard.
"""

import re

from bot.interpreter import words
from bot.interpreter.meaning import Entity, Intent, Unread

CONFIDENCE = 0.6

_EXACT = {
    "sign_up": ("报名", "再报一门", "再报一门课", "想再报一门", "我要报名", "我想报名", "報名", "我要報名"),
    "my_schedule": ("课表", "我的课表", "课程表", "課表"),
    "my_balance": ("课时", "剩余课时", "还剩几节课"),
    "my_orders": ("我的订单", "订单"),
    "pay": ("缴费", "付款", "支付", "交费"),
    "ask_course": ("课程", "有什么课", "都有什么课", "課程"),
    "book_trial": ("试听", "预约试听", "試聽"),
    "request_human": ("转人工", "人工", "人工客服", "轉人工", "找老师"),
    "complain": ("投诉", "我要投诉", "投訴"),
    "give_feedback": ("建议", "提建议", "意见", "我要提意见"),
    "ticket_status": ("投诉进度", "工单进度", "处理进度"),
    "staff_report": ("今天招生怎么样",),
    "ask_campus": ("地址",),
    "report_fault": ("报修",),
    "staff_leads": ("我的客户", "我的线索", "客户", "线索"),
    "affirm": tuple(words.AGREED),
    "deny": ("不", "不是", "不同意", "不行", "不对", "不用"),
    "cancel": ("取消", "算了", "不报了", "不办了", "取消报名", "取消订单", "退订"),
    "greet": ("你好", "您好", "在吗", "hi", "hello", "嗨", "老师好"),
    "thank": ("🙏", "谢谢", "谢谢你", "谢谢您", "多谢", "谢啦", "感谢"),
    "goodbye": ("再见", "拜拜", "bye"),
    "request_leave": ("请假", "我要请假"),
    "request_refund": ("退费", "我要退费", "退款"),
    "renew": ("续费", "我要续费"),
    "request_makeup": ("补课", "约补课", "我要补课"),
    "take_attendance": ("点名", "补点名", "更正点名", "考勤登记", "全到"),
    "my_attendance": ("出勤", "考勤记录", "出勤记录"),
    "change_class": ("转班", "换班", "我要转班"),
    "pause_study": ("停课", "我要停课", "复课"),
    "staff_tasks": ("我的待办", "待办", "待办事项"),
    "my_homework": ("作业", "我的作业", "交作业"),
    "my_grades": ("成绩", "我的成绩", "查成绩"),
    "get_material": ("我要讲义", "要讲义"),
    "ask_capability": ("菜单", "帮助", "你能做什么", "功能"),
}  # fmt: skip
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("complain", r"投诉|投訴|举报|太差|太过分|差评"),
    ("request_human", r"转人工|转接?人工|人工客服|真人|找(个)?(老师|顾问|人)(聊|说|问)"),
    ("ticket_status", r"(投诉|工单|反馈).{0,6}(进度|处理|结果|怎么样)"),
    ("request_refund", r"(我要|想|申请|给我).{0,4}(退费|退款|退钱)"),
    ("ask_refund_policy", r"(能|可以|怎么|如何).{0,6}(退费|退款|退钱|退课)"),
    ("request_leave", r"请假|請假|(来|去|上)不了"),
    ("request_makeup", r"补课|補課"),
    ("change_class", r"转班|换班|调课|換班"),
    ("pause_study", r"停课|休学|复课"),
    ("my_grades", r"成绩(单|出来|公布|怎么样|如何|$)"),
    ("my_attendance", r"出勤|缺了?几[次节]课|来了几[次节]"),
    ("take_attendance", r"点名|点到|签到|更正考勤"),
    ("my_balance", r"(剩|还有).{0,4}(课时|几节|多少节|几次课)|课时.{0,4}(剩|还有)"),
    ("my_schedule", r"课表|課表|(几点|什么时候|啥时候|哪天|幾點).{0,4}(上课|有课|上課)|(今天|明天|后天|下周|这周|本周|周.).{0,4}(有课吗|有没有课|的课$)"),
    ("request_invoice", r"发票|開票|开票"),
    ("pay", r"(怎么|去|我要|哪里).{0,3}(付款|缴费|交钱|交费)"),
    ("my_orders", r"(我的|查).{0,3}订单"),
    ("ask_price", r"多少钱|多少錢|价格|学费|收费|费用|几多钱|啥价|怎么卖|贵不贵|價格"),
    ("ask_campus", r"在哪(?!个|一|位)|地址|怎么走|校区|停车|几点开门|营业"),
    ("ask_teacher", r"(哪些|什么|哪个|哪位).{0,2}老师|师资|老师.{0,4}(怎么样|好不好|经验)"),
    ("ask_promotion", r"优惠|打折|折扣|团购|便宜"),
    ("book_trial", r"试听|试课|体验课|試聽"),
    ("request_callback", r"(给我|给俺|回).{0,3}(打电话|回电|来电)|打给我"),
    ("sign_up", r"报名|報名|(给孩子|给娃|想).{0,4}报"),
    ("ask_class_time", r"(什么时候|几点|哪天).{0,4}(开课|开班)|(周末|平时|晚上|周[一二三四五六日天]).{0,6}(有|班|几点|得空)|几点(开始|到几点)"),
    ("ask_course", r"课程|(能|可以|适合|该)[学上报](点|些)?(什么|啥|哪)|有(什么|哪些|没有).{0,6}(课|班)|(适合|推荐).{0,6}(课|班|学)|想学|有.{0,6}(课|班)吗"),
    ("staff_report", r"(今天|本周|上周|这个月|本月).{0,4}(招生|业绩|数据|报表)"),
    ("cancel", r"(不|别).{0,2}(报|办)了|取消"),
    ("greet", r"^(你好|您好|老师(你|您)?好(?!不)|hi|hello|在吗|哈喽|早上好|下午好|晚上好)"),
    ("thank", r"谢谢|多谢|謝謝"),
)  # fmt: skip
_BY_PHRASE = {phrase: intent for intent, phrases in _EXACT.items() for phrase in phrases}
_COMPILED = tuple((intent, re.compile(pattern, re.IGNORECASE)) for intent, pattern in _PATTERNS)
# «我要报名英语三级周六班» names a class, day and all, and asks nothing.
_SIGNS_UP = re.compile(
    r"那?(我们?)?(就|还是)?(要|想要?|来)?(给(孩子|娃|宝宝))?报名[^?多几哪吗什]{2,16}班[吧了]?"
)
_EDGES = " \t\r\n。.!！?？~～,，、"


def read_phrase(text: str) -> Unread | None:
    """A whole message that is one of the phrases the bot itself proposes; None otherwise. These
    are commands: nobody has to guess what they mean."""
    intent = _BY_PHRASE.get(words.simplified(text).strip(_EDGES).lower())
    return Unread(intents=[Intent(intent, 0.9)], source="keywords") if intent else None


def read(text: str) -> Unread:
    """Intents and entities by keyword: a whole message that is one, else all that occur."""
    phrase = read_phrase(text)
    if phrase is not None:
        return phrase
    bare = words.simplified(text).strip(_EDGES).lower()
    if _SIGNS_UP.fullmatch(bare):
        found = ["sign_up"]
    else:
        found = [intent for intent, pattern in _COMPILED if pattern.search(bare)]
    return Unread(
        intents=[Intent(intent, CONFIDENCE) for intent in found],
        wishes=found[:2],
        entities=_entities(text),
        source="keywords",
    )


def _entities(text: str) -> list[Entity]:
    found = []
    for name, pattern in (
        ("phone", words.PHONE),
        ("grade", words.GRADE),
        ("subject", words.SUBJECT),
    ):
        for match in pattern.finditer(words.simplified(text)):
            found.append(Entity(name, match.group(), match.start(), match.end()))
    return found
