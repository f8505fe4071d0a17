"""What each figure is called and what it means: shown beside it, exported with it (A18)."""

from collections.abc import Mapping

from backend.admissions.figures.schemas import Dimension

STEPS: Mapping[str, tuple[str, str]] = {
    "visits": ("到访", "期间第一次关注公众号或在官网说话的人，按第一次所扫的码算渠道，含同事"),
    "leads": ("线索", "期间来咨询的家庭（孩子），合并掉的重复线索不算；渠道按第一次接触算"),
    "contacted": ("已联系", "其中顾问记过电话、到访或跟进，或在对话里亲自回复过的"),
    "tried": ("约试听", "其中约过试听、没有取消的"),
    "came": ("到课", "其中点名时来了的"),
    "ordered": ("下单", "其中下过报名订单的，含后来取消的"),
    "paid": ("已付款", "其中付了款、没有退费的"),
    "renewed": ("续报", "其中孩子后来又付款报了别的班的"),
}
OTHERS: Mapping[str, tuple[str, str]] = {
    "lost": ("流失", "其中目前已流失的，原因由顾问填写"),
    "conversion": ("转化率", "已付款 ÷ 线索，截至现在"),
    "quick_share": ("10分钟响应率", "来咨询后上班时间10分钟内有顾问跟进或回复的 ÷ 线索"),
    "response": ("平均响应", "从来咨询到顾问第一次跟进或回复的平均时长，没有跟进的不算"),
    "net": ("实收", "这些线索的订单收款，减去已批准的退费"),
    "cost": ("渠道费用", "按渠道和月份手工登记，不满一月按天折算"),
    "cost_of_one": ("获客成本", "渠道费用 ÷ 已付款"),
    "roi": ("投入产出比", "（实收 − 渠道费用）÷ 渠道费用"),
    "paid_on": ("本月付款", "付款日期在本月的报名，不论线索哪天来"),
    "expected": ("本月预计", "本月已付款 + 最近28天的日均付款 × 本月剩余天数"),
}
TALKS: Mapping[str, tuple[str, str]] = {
    "talks": ("转给顾问的对话", "期间小助手转给招生顾问的对话，按客户那条消息的日期算"),
    "responded": ("已回复", "其中有同事亲自回复了的，小助手的回答不算"),
    "quick": ("10分钟内回复", "其中上班时间10分钟内回复的，非上班时间不计时"),
    "minutes": ("平均回复时长", "从客户那条消息到第一次人工回复，按钟表时间，没回的不算"),
    "office_minutes": ("上班时间内平均", "同上，只计上班时间；夜里和休息日来的从开门算起"),
}
DIMENSIONS: Mapping[Dimension, str] = {
    Dimension.CHANNEL: "渠道",
    Dimension.CAMPAIGN: "活动",
    Dimension.CAMPUS: "校区",
    Dimension.ADVISOR: "顾问",
    Dimension.COURSE: "课程",
    Dimension.REASON: "流失原因",
}
NOTES: Mapping[Dimension, str] = {
    Dimension.CHANNEL: "第一次接触的渠道",
    Dimension.CAMPAIGN: "第一次或最近一次扫的活动码",
    Dimension.CAMPUS: "咨询的校区，没有说明的按顾问所在校区",
    Dimension.ADVISOR: "现在负责的顾问",
    Dimension.COURSE: "最近一次下单的课程，没有下单的按试听；都没有的不列",
    Dimension.REASON: "流失时填写的原因",
}
THRESHOLDS: Mapping[str, tuple[str, int]] = {
    "least_leads": ("线索少于多少个不下结论（个）", 5),
    "quick_share": ("10分钟响应率低于（%）", 80),
    "conversion": ("转化率低于（%）", 10),
    "wait_minutes": ("上班时间内平均回复时长高于（分钟）", 10),
    "came_share": ("试听到课率低于（%）", 70),
    "reason_share": ("某一流失原因占比高于（%）", 40),
    "cost_of_one": ("获客成本高于（元）", 800),
}
STEP_NAMES: Mapping[str, str] = {
    **{name: label for name, (label, _) in {**STEPS, **OTHERS}.items()},
    "quick": "10分钟内响应",
    "responded": "有顾问跟进",
}


def per_cent(value: float | None) -> str:
    """«12.5%», or a dash of nothing."""
    return "—" if value is None else f"{value:.1f}%"
