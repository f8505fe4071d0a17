"""Notices about trial lessons and calls: to the family that asked, and to its advisor."""

from collections.abc import Mapping

from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, progress, task

FEEDBACK = ("试听很满意", "试听一般", "试听不满意")


def _to_advisor(title: str, text: str, *, what: str, when: str) -> Template:
    return Template(
        title=title,
        text=text,
        wechat="task",
        fields=task(what=what, whom="{customer}", when=when),
        kind=NoticeKind.TASK,
        urgent=True,
    )


ADMISSIONS: Mapping[str, Template] = {
    "contract_effective": Template(
        title="培训服务合同已生效",
        text="{child}的培训服务合同（编号{number}）已随付款生效。点开可以随时查看和下载，有疑问请直接问我。",
        wechat="progress",
        fields=progress(what="培训服务合同{number}", state="已生效", note="点开查看和下载"),
    ),
    "admissions_week": Template(
        title="每周招生简报",
        text="{week}新增咨询{leads}个（前一周{before}个），付款{paid}个，转化率{conversion}；"
        "本月预计付款{expected}单。{advice}点开看明细。",
        wechat="task",
        fields=task(what="每周招生简报", whom="咨询{leads}个，付款{paid}个", when="{week}"),
        kind=NoticeKind.TASK,
    ),
    "trial_advisor": _to_advisor(
        "客户约了试听",
        "{customer}为{child}约了{time}在{class_name}试听。请提前联系确认，课后及时跟进。",
        what="试听：{class_name}",
        when="{time}",
    ),
    "trial_off_advisor": _to_advisor(
        "客户取消了试听",
        "{customer}取消了{child}{time}在{class_name}的试听。请联系客户，另约时间。",
        what="试听取消：{class_name}",
        when="{time}",
    ),
    "trial_missed_advisor": _to_advisor(
        "客户没来试听",
        "{customer}的{child}没来{time}{class_name}的试听，已请家长另选时间。请今天联系跟进。",
        what="没来试听：{class_name}",
        when="请今天联系",
    ),
    "trial_rated_advisor": _to_advisor(
        "试听反馈",
        "{customer}的{child}试听{class_name}后回复：「{words}」。请今天联系跟进。",
        what="试听反馈：{words}",
        when="请今天联系",
    ),
    "lead_slow": _to_advisor(
        "客户还在等回复",
        "{customer}问了{interest}，已超过应答时限。请马上联系，联系过后用一句话告诉我结果。",
        what="等回复：{interest}",
        when="请马上联系",
    ),
    "lead_overdue": _to_advisor(
        "跟进已逾期",
        "{customer}（{interest}）到时间还没有跟进。请尽快联系后告诉我结果，"
        "改时间就说「客户{number} 明天上午再联系」。",
        what="逾期：{interest}",
        when="请尽快跟进",
    ),
    "lead_passed_on": _to_advisor(
        "客户已转给同事",
        "{customer}（{interest}）超过时限，已转给其他同事。需要接回来请联系校区主管。",
        what="已转出：{interest}",
        when="不用再跟进",
    ),
    "lead_recycled": _to_advisor(
        "客户回到公海",
        "{customer}（{interest}）多天没有跟进，已回到公海。要继续跟进请回复「认领 {number}」。",
        what="回到公海：{interest}",
        when="可再认领",
    ),
    "lead_again": _to_advisor(
        "客户又来咨询",
        "{customer}又来咨询：{interest}。请尽快联系，联系过后告诉我结果。",
        what="又来咨询：{interest}",
        when="请尽快联系",
    ),
    "lead_unclaimed": _to_advisor(
        "客户没有人跟进",
        "{customer}（{interest}）：{why}。请到工作台「客户线索」分派，"
        "或自己回复「认领 {number}」。",
        what="待分派：{interest}",
        when="请现在分派",
    ),
    "lead_neglected": _to_advisor(
        "顾问逾期未跟进",
        "{customer}（{interest}）{why}。请提醒顾问，或到工作台「客户线索」转交。",
        what="逾期：{interest}",
        when="请今天处理",
    ),
    "callback_asked": _to_advisor(
        "客户希望回电",
        "{customer}希望您在{when}回电，电话{phone}。打完请回复「已回电 {number}」。",
        what="回电：{phone}",
        when="{when}",
    ),
    "callback_late": _to_advisor(
        "回电已超时",
        "{customer}还在等您的电话（{when}），号码{phone}。请马上打过去，打完回复「已回电 {number}」。",
        what="回电超时：{phone}",
        when="请马上回电",
    ),
    "knowledge_review": Template(
        title="知识库该复核了",
        text="知识库里的「{question}」{day}该复核了。请到控制台的知识库看看内容还对不对。",
        wechat="task",
        fields=task(what="复核：{question}", whom="知识库", when="{day}"),
        kind=NoticeKind.TASK,
    ),
    "waitlist_offer": Template(
        title="候补有名额了",
        text="{child}候补的{class_name}有名额了，为您留到{until}。"
        "要的话点「接受名额」接着报名，不要了点「放弃名额」，名额会让给下一位。",
        wechat="progress",
        fields=progress(what="候补：{class_name}", state="有名额", note="请在{until}前回复"),
        taps=("接受名额", "放弃名额"),
        urgent=True,
    ),
    "waitlist_transfer": Template(
        title="候补有名额了",
        text="{child}想转去的{class_name}有名额了，为您留到{until}。"
        "点「接受名额」就从明天起转过去，课时不变；不转了点「放弃名额」。",
        wechat="progress",
        fields=progress(what="候补：{class_name}", state="有名额", note="请在{until}前回复"),
        taps=("接受名额", "放弃名额"),
        urgent=True,
    ),
    "waitlist_over": Template(
        title="候补名额已让出",
        text="{child}候补的{class_name}名额留到了{until}，没有等到您的回复，已经让给下一位。"
        "还想等请点「候补」重新排队。",
        wechat="progress",
        fields=progress(what="候补：{class_name}", state="已让出", note="可以重新排队"),
        taps=("候补",),
    ),
    "waitlist_offer_advisor": _to_advisor(
        "候补客户有名额了",
        "{customer}的{child}候补的{class_name}有名额了，留到{until}，已通知家长。请提醒家长按时回复。",
        what="候补名额：{class_name}",
        when="{until}前",
    ),
    "waitlist_over_advisor": _to_advisor(
        "候补名额没有接受",
        "{customer}的{child}没有在{until}前接受{class_name}的名额，已让给下一位。请联系看看别的班。",
        what="候补超时：{class_name}",
        when="请今天联系",
    ),
    "trial_missed": Template(
        title="试听没能见面",
        text="今天{class_name}的试听没有等到{child}，是临时有事吗？没关系，点「试听改时间」就能另约。",
        wechat="progress",
        fields=progress(what="试听：{class_name}", state="未到", note="可以另约时间"),
        taps=("试听改时间",),
    ),
    "trial_sent_away": Template(
        title="试听取消通知",
        text="抱歉，{child}约的{time}{class_name}停课一次，这次试听上不了。点「试听改时间」可以另约。",
        wechat="progress",
        fields=progress(what="试听：{class_name}", state="已取消", note="{time}停课，可另约"),
        taps=("试听改时间",),
        urgent=True,
    ),
    "trial_moved": Template(
        title="试听时间有变",
        text="{child}约的{class_name}试听改到{time}。来得了就不用回复；来不了点「试听改时间」另约。",
        wechat="progress",
        fields=progress(what="试听：{class_name}", state="时间有变", note="改到{time}"),
        taps=("试听改时间",),
        urgent=True,
    ),
    "trial_feedback": Template(
        title="试听感觉怎么样",
        text="{child}今天试听了{class_name}，感觉怎么样？"
        "点一下就行：「试听很满意」「试听一般」「试听不满意」。",
        wechat="progress",
        fields=progress(what="试听：{class_name}", state="待评价", note="感觉怎么样"),
        taps=FEEDBACK,
    ),
    "package_paid_guardian": Template(
        title="课时已到账",
        text="{child}的{class_name}已付款{amount}，课时已经到账。教务老师会联系您排班，"
        "想先挑时间，回复「课程」看各班，或回复「转人工」。",
        wechat="progress",
        fields=progress(what="{class_name}", state="课时已到账", note="教务老师联系您排班"),
        urgent=True,
    ),
    "package_paid_staff": Template(
        title="待排班",
        text="{customer}为{child}买了{class_name}（{amount}，订单{number}），还没有班。"
        "请今天联系家长排班。",
        wechat="task",
        fields=task(what="待排班：{class_name}", whom="{child}", when="请今天联系"),
        kind=NoticeKind.TASK,
    ),
    "referral_rewarded": Template(
        title="推荐奖励到了",
        text="谢谢您推荐朋友！您的奖励券是 {code}，{until}前有效，用一次。"
        "续费或报名前发「用优惠码 {code}」就会算进去。",
        wechat="progress",
        fields=progress(what="推荐奖励", state="已到账", note="{until}前有效"),
    ),
    "referral_taken_back": Template(
        title="奖励券已收回",
        text="您推荐的朋友退了费，还没用的奖励券 {code} 已收回。推荐其他朋友，回复「推荐朋友」。",
        wechat="progress",
        fields=progress(what="推荐奖励", state="已收回", note="朋友已退费"),
    ),
    "sibling_gone": Template(
        title="优惠已收回",
        text="另一个孩子的报名没有付款，{child}的{class_name}不再有兄弟姐妹优惠，原来的订单已取消。"
        "想按现在的价格报，回复「重新报价」，填过的内容不用再填。",
        wechat="progress",
        fields=progress(what="{class_name}", state="优惠已收回", note="回复「重新报价」继续报名"),
        urgent=True,
    ),
}
