"""Every notice the institution sends, declared once.

`text` is the sentence for chat, SMS and mail: polite, short, ending with what one can do next.
`wechat` names a message template of the account (its id stands in the setting WECHAT_TEMPLATES as
`name=id,…`) and the subscription template with the same fields (WECHAT_SUBSCRIPTIONS); several
notices share one, because an account may hold 25. `fields` fills it; the prefix of a field's name
is its type and decides what fits (see `rules.FIELD_LIMITS`). `kind` is what people may opt out of.
A notice waits for the morning in quiet hours unless it is `urgent`: answers somebody waits for,
payments, changes of today's lessons, work that a customer is waiting for.
"""

from collections.abc import Mapping

from backend.outbox.admission_templates import ADMISSIONS
from backend.outbox.books_templates import BOOKS
from backend.outbox.lesson_templates import LESSON_TEMPLATES
from backend.outbox.price_templates import PRICES
from backend.outbox.schemas import NoticeKind
from backend.outbox.template import Template, progress, task
from backend.outbox.ticket_templates import TICKETS


def _reminder(*, title: str, wechat: str | None, kind: NoticeKind) -> Template:
    """What `reminders` composes: one or several lines, and what one can do next."""
    fields = {"thing1": "{what}", "thing2": "{whom}", "thing3": "{when}"}
    return Template(
        title=title,
        text="{lines}{next_step}",
        wechat=wechat,
        fields=fields if wechat else {},
        kind=kind,
        whole=True,
    )


TEMPLATES: Mapping[str, Template] = {
    "reminder": _reminder(title="提醒", wechat="reminder", kind=NoticeKind.REMINDER),
    "reminder_service": _reminder(title="通知", wechat="reminder", kind=NoticeKind.SERVICE),
    "reminder_staff": _reminder(title="工作提醒", wechat="task", kind=NoticeKind.TASK),
    # The platform forbids advertising by template, so a greeting has no card.
    "greeting": _reminder(title="祝福", wechat=None, kind=NoticeKind.MARKETING),
    **TICKETS,
    **LESSON_TEMPLATES,
    **ADMISSIONS,
    **BOOKS,
    **PRICES,
    "console_invitation": Template(
        title="请设置工作台密码",
        text="{name}您好，请在24小时内点开链接，设置您的工作台密码。链接只能用一次，请不要转发；"
        "不是您本人申请的话，请联系信息安全老师。",
        wechat="task",
        fields=task(what="设置工作台密码", whom="{name}", when="24小时内"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "proof_code": Template(
        title="验证码",
        text="验证码{code}，用于{why}，{until}前有效。请在公众号对话里输入，不要告诉任何人；"
        "不是您本人操作，请不用理会。",
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "wechat_bound": Template(
        title="有新的微信绑定",
        text="{time}有一个微信验证后绑定了您的档案。是您本人就不用管；不是您本人，"
        "请马上回复「冻结」，或打校区电话。",
        wechat="progress",
        fields=progress(what="您的档案", state="新微信绑定", note="不是本人请回复冻结"),
        urgent=True,
    ),
    "phone_changed": Template(
        title="登记手机号已更换",
        text="您登记在学校的手机号已换成尾号{tail}的号码。不是您本人办理，请马上打校区电话，"
        "或在公众号回复「冻结」。",
        urgent=True,
    ),
    "invitation_answered": Template(
        title="请确认家长邀请",
        text="{name}（手机尾号{tail}）接受了您的邀请，想查看{children}的课表和通知。"
        "是您邀请的人，请回复「确认邀请」；不认识，请回复「拒绝邀请」。",
        wechat="progress",
        fields=progress(what="家长邀请", state="待您确认", note="{name}，尾号{tail}"),
        urgent=True,
    ),
    "invitation_decided": Template(
        title="家长邀请有结果了",
        text="{result}",
        wechat="progress",
        fields=progress(what="家长邀请", state="有结果", note="{result}"),
        urgent=True,
    ),
    "review_opened": Template(
        title="资料变更待审核",
        text="{who}申请{what}（编号 R{number}）。请在工作台「资料审核」里核对后同意或退回。",
        wechat="task",
        fields=task(what="审核：{what}", whom="{who}", when="请今天处理"),
        kind=NoticeKind.TASK,
    ),
    "review_decided": Template(
        title="您的申请有结果了",
        text="{result}",
        wechat="progress",
        fields=progress(what="资料变更", state="有结果", note="{result}"),
        urgent=True,
    ),
    "export_ready": Template(
        title="您的资料已备好",
        text="您要的资料已整理好，请在{until}前点开链接下载。链接只有您本人能打开，请不要转发。",
        wechat="progress",
        fields=progress(what="导出我的资料", state="已备好", note="{until}前下载"),
        urgent=True,
    ),
    "erasure_asked": Template(
        title="资料删除申请",
        text="收到一份资料删除申请（{number}），请在{deadline}前到工作台的「资料删除」审批。",
        wechat="task",
        fields=task(what="审批资料删除 {number}", whom="本人申请", when="{deadline}前"),
        kind=NoticeKind.TASK,
    ),
    "erasure_waiting": Template(
        title="资料删除申请快到期",
        text="资料删除申请{number}还没有审批，{deadline}到期，请现在到工作台的「资料删除」处理。",
        wechat="task",
        fields=task(what="删除申请快到期 {number}", whom="本人申请", when="{deadline}到期"),
        kind=NoticeKind.TASK,
    ),
    "erasure_refused": Template(
        title="资料暂时不能删除",
        text="您的删除申请暂时不能办理：{reason}。解决后可以再次发送「删除我的资料」，"
        "有疑问请回复「转人工」。",
        wechat="progress",
        fields=progress(what="删除我的资料", state="未通过", note="{reason}"),
    ),
    "erasure_done": Template(
        title="资料已删除",
        text="删除证明 {number}：您和孩子的个人资料已于{day}删除；依法保留的合同和账目已去除姓名、"
        "手机号和微信标识。感谢您的信任，以后想再来，随时回复「报名」。",
        wechat="progress",
        fields=progress(what="删除我的资料", state="已完成", note="证明 {number}"),
        urgent=True,
    ),
    "new_lead": Template(
        title="新客户待认领",
        text="{customer}想了解{interest}（{time}）。请「认领 {number}」后尽快联系对方；"
        "现在不方便请回「稍后 {number}」，不归您请回「不是我的 {number}」。",
        wechat="task",
        fields=task(what="新客户：{interest}", whom="{customer}", when="{time}"),
        kind=NoticeKind.TASK,
        urgent=True,
        chat_link="点开认领",
        taps=("认领 {number}", "稍后 {number}", "不是我的 {number}"),
    ),
    "order_paid_guardian": Template(
        title="报名成功",
        text="{child}的{class_name}已报名成功，实付{amount}，首次课是{first_lesson}。"
        "需要请假或改期，直接在这里告诉我就好；想在微信里收到上课提醒，回复「接收通知」。",
        wechat="progress",
        fields=progress(what="{class_name}", state="报名成功", note="首次课{first_lesson}"),
        urgent=True,
    ),
    "order_paid_advisor": Template(
        title="客户已付款",
        text="{customer}已为{child}报名{class_name}，实付{amount}。请今天联系家长，确认开课安排。",
        wechat="task",
        fields=task(what="已付款：{class_name}", whom="{customer}", when="请今天联系"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "refund_asked": Template(
        title="退费待审批",
        text="退费申请 {number}，按规则应退{amount}，原因：{reason}。请在{deadline}前点开核对并审批，"
        "两位同事同意后自动退款。",
        wechat="task",
        fields=task(what="退费审批{amount}", whom="{number}", when="{deadline}前"),
        kind=NoticeKind.TASK,
    ),
    "refund_recast": Template(
        title="退费金额有更新",
        text="您的退费 {number} 重新核算为{amount}。回复「退费进度」可以看计算过程，"
        "有疑问回复「转人工」。",
        wechat="progress",
        fields=progress(what="退费 {amount}", state="重新核算", note="回复「退费进度」看明细"),
        urgent=True,
    ),
    "refund_approved": Template(
        title="退费已通过",
        text="您的退费 {number} 已通过，{amount}正在原路退回，一般1到3个工作日到账。"
        "到账后会再告诉您；想继续学习，随时回复「报名」。",
        wechat="progress",
        fields=progress(what="退费 {amount}", state="审批通过", note="正在原路退回"),
        urgent=True,
    ),
    "refund_done": Template(
        title="退费已到账",
        text="您的退费 {number} 已退回{amount}，请查看微信零钱或原付款账户。没有收到请回复「转人工」。",
        wechat="progress",
        fields=progress(what="退费 {amount}", state="已退回", note="请查看原付款账户"),
        urgent=True,
    ),
    "refund_refused": Template(
        title="退费未通过",
        text="您的退费 {number} 这次没有通过：{note}。有不同意见请回复「转人工」或「投诉」，"
        "我们马上跟进。",
        wechat="progress",
        fields=progress(what="退费申请", state="未通过", note="{note}"),
        urgent=True,
    ),
    "refund_stuck": Template(
        title="退款需要人工转账",
        text="退费 {number} 的{amount}无法原路退回。请联系客户确认收款账户，转账后点开登记。",
        wechat="task",
        fields=task(what="人工退款{amount}", whom="{number}", when="请今天处理"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "attachments_added": Template(
        title="客户补充了材料",
        text="{number} 的客户补充了{count}份材料，请点开查看，再回复「回复 {number} 您的话」答复对方。",
        wechat="task",
        fields=task(what="查看客户补充的材料", whom="{number}", when="请尽快查看"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "attachment_lost": Template(
        title="材料没有收到",
        text="您发来的{what}没能保存下来（{reason}）。麻烦您再发一次，或回复「转人工」，请老师帮您。",
        wechat="progress",
        fields=progress(what="您发来的{what}", state="未收到", note="请再发一次"),
        urgent=True,
    ),
    "talk_begun": Template(
        title="客户请您接待",
        text="{customer}（{number}号）请您接待：「{excerpt}」现在直接在这里打字，对方马上能看到；"
        "聊完回复「结束 {number}」。",
        wechat="task",
        fields=task(what="接待客户：{excerpt}", whom="{customer}", when="请现在回复"),
        kind=NoticeKind.TASK,
        urgent=True,
        chat_link="打开对话",
    ),
    "talk_message": Template(
        title="客户发来消息",
        text="{customer}（{number}号）：{words}",
        wechat="task",
        fields=task(what="{words}", whom="{customer}", when="请现在回复"),
        kind=NoticeKind.TASK,
        urgent=True,
        chat_link="打开对话",
    ),
    "talk_waiting": Template(
        title="客户在等您回复",
        text="{customer}（{number}号）已经等了5分钟：「{excerpt}」请现在回复，再过5分钟会转给同事。",
        wechat="task",
        fields=task(what="客户在等：{excerpt}", whom="{customer}", when="请现在回复"),
        kind=NoticeKind.TASK,
        urgent=True,
        chat_link="打开对话",
    ),
    "talk_moved": Template(
        title="客户已转给同事",
        text="{customer}（{number}号）已由{name}接待，您不用再回复。需要接回来请回复「接管 {number}」。",
        wechat="task",
        fields=task(what="已由{name}接待", whom="{customer}", when="不用再回复"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "talk_ended": Template(
        title="客户结束了对话",
        text="{customer}（{number}号）说暂时不需要老师了，小助手继续接待，您不用再回复。"
        "有新情况会再请您。",
        wechat="task",
        fields=task(what="客户结束了对话", whom="{customer}", when="不用再回复"),
        kind=NoticeKind.TASK,
    ),
    "ticket_answered": Template(
        title="您的反映有答复了",
        text="关于您反映的情况（{number}），老师答复您：{answer}\n还有疑问，直接在这里告诉我就好。",
        wechat="progress",
        fields=progress(what="您反映的情况 {number}", state="已答复", note="{answer}"),
        urgent=True,
    ),
    "sign_up_stuck_guardian": Template(
        title="付款已收到",
        text="{child}报名{class_name}的{amount}已收到，但名额刚好满了。老师会马上联系您换班或全额退款，"
        "着急请回复「转人工」。",
        wechat="progress",
        fields=progress(what="{class_name}", state="处理中", note="老师会马上联系您"),
        urgent=True,
    ),
    "sign_up_stuck_staff": Template(
        title="已付款但无法入班",
        text="订单 {number}：{child}已付{amount}，但进不了{class_name}（{reason}）。"
        "请马上联系家长，换班或退款。",
        wechat="task",
        fields=task(what="已付款未入班：{class_name}", whom="{child}", when="请马上联系"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
    "sign_up_expired": Template(
        title="座位已释放",
        text="{class_name}的报名超时未付款，座位已释放。想继续报名，回复「报名」，我马上为您安排。",
        wechat="progress",
        fields=progress(what="{class_name}", state="已过期", note="回复「报名」可重新办理"),
    ),
    "delivery_task": Template(
        title="消息未送达",
        text="有一条消息没能送达{recipient}：「{excerpt}」请电话告知对方，并标记为已通知。",
        wechat="task",
        fields=task(what="电话告知：{excerpt}", whom="{recipient}", when="请今天完成"),
        kind=NoticeKind.TASK,
    ),
    "surplus_received": Template(
        title="多收款待退回",
        text="订单 {number} 已付过款，又收到一笔{amount}（微信支付单号 {transaction}）。"
        "请在财务页核对后原路退回，并告诉家长。",
        wechat="task",
        fields=task(what="多收款待退：{amount}", whom="订单 {number}", when="请今天处理"),
        kind=NoticeKind.TASK,
    ),
    "channel_stopped": Template(
        title="消息通道已停发",
        text="{channel}从{time}起发不出去（错误码 {code}）。{fix}待发的消息都已保存，修好后会自动补发。"
        "请现在处理。",
        wechat="task",
        fields=task(what="{channel}停发 {code}", whom="{channel}", when="请现在处理"),
        kind=NoticeKind.TASK,
        urgent=True,
    ),
}

SUBSCRIPTIONS: Mapping[str, tuple[str, str]] = {
    "progress": ("进度通知", "报名、付款、投诉答复有进展时告诉您"),
    "reminder": ("提醒通知", "上课前、课时快用完时告诉您"),
    "task": ("待办提醒", "新客户、工单和对话请您处理时告诉您"),
}
"""What people are asked to agree to, by the name in WECHAT_SUBSCRIPTIONS: title, purpose."""

KIND_NAMES: Mapping[NoticeKind, tuple[str, str]] = {
    NoticeKind.SERVICE: ("服务通知", "报名、座位、材料等事项的进展"),
    NoticeKind.REMINDER: ("上课提醒", "上课前、课时快用完时的提醒"),
    NoticeKind.MARKETING: ("优惠活动", "新课、优惠、校园活动和生日祝福"),
}
"""The kinds of notices that people may decline: name, what belongs to it."""

ALWAYS_TOLD: tuple[tuple[str, str], ...] = (
    ("付款和退款结果", "钱款到没到，您需要马上知道"),
    ("您反映事情的答复", "您在等这个答复"),
    ("当天课程的变动", "不说会白跑一趟"),
)
"""What cannot be declined, and why: whatever is urgent (`rules.declinable_kind`)."""

CHANNEL_NAMES: Mapping[str, str] = {
    "chat": "微信客服消息",
    "subscribe": "微信订阅通知",
    "template": "微信模板消息",
    "sms": "短信",
    "mail": "邮件",
}

# What to do when a channel refuses everything, by the code it refuses with; "" for any other.
FIXES: Mapping[str, str] = {
    "40001": "请在公众平台“设置与开发→基本配置”核对 AppSecret，并更新 WECHAT_SECRET。",
    "40013": "请在公众平台“设置与开发→基本配置”核对 AppID，并更新 WECHAT_APPID。",
    "40125": "请在公众平台“设置与开发→基本配置”重新获取 AppSecret，并更新 WECHAT_SECRET。",
    "40164": "请把 {ip} 加入公众平台“设置与开发→基本配置→IP白名单”。",
    "45009": "今日调用次数已用完，零点恢复；着急可在公众平台清零（每月10次）。",
    "48001": "公众号没有这个接口的权限，请确认是已认证的服务号，并在“接口权限”里开通。",
    "48004": "接口已被平台封禁，请登录公众平台查看通知并申诉。",
    "50002": "公众号已被冻结，请登录公众平台查看通知并申诉。",
    "isv.AMOUNT_NOT_ENOUGH": "短信余额不足，请到阿里云短信服务充值。",
    "isv.OUT_OF_SERVICE": "短信账户欠费停机，请到阿里云短信服务充值。",
    "isv.SMS_SIGNATURE_ILLEGAL": "短信签名没有通过审核，请在阿里云核对并更新 SMS_SIGN_NAME。",
    "smtp_535": "邮箱账号或密码不对，请更新 MAIL_USER 和 MAIL_KEY。",
    "": "请检查这个通道的密钥和账户状态。",
}
