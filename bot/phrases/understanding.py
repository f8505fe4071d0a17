"""Words of the page on which staff review what the bot did not understand."""

from collections.abc import Mapping

INTENTS: Mapping[str, Mapping[str, str]] = {
    "大家都会说": {
        "greet": "打招呼",
        "thank": "道谢",
        "goodbye": "告别",
        "affirm": "答应",
        "deny": "不要",
        "cancel": "取消手头的事",
        "ask_capability": "问能做什么",
        "ask_bot": "问是不是机器人",
        "request_human": "找老师",
        "out_of_scope": "与学校无关",
    },
    "咨询报名": {
        "ask_course": "了解课程",
        "ask_price": "问价格",
        "ask_class_time": "问开课时间",
        "ask_teacher": "了解老师",
        "ask_campus": "问地址",
        "ask_promotion": "问优惠",
        "ask_enrollment": "问怎么报名",
        "ask_refund_policy": "问退费规定",
        "book_trial": "预约试听",
        "sign_up": "报名",
        "request_callback": "要求回电",
    },
    "学员和家长": {
        "bind_account": "绑定学员",
        "my_schedule": "查课表",
        "my_balance": "查剩余课时",
        "my_orders": "查订单",
        "pay": "付款",
        "renew": "续费",
        "request_refund": "申请退费",
        "request_invoice": "要发票",
        "request_leave": "请假",
        "request_makeup": "补课",
        "change_class": "换班",
        "pause_study": "停课",
        "my_homework": "问作业",
        "my_grades": "查成绩",
        "my_attendance": "查考勤",
        "join_online_class": "上网课",
        "get_material": "要资料",
        "update_profile": "改资料",
        "complain": "投诉",
        "give_feedback": "提建议",
        "ticket_status": "问处理进度",
        "rate_teacher": "评价老师",
    },
    "员工": {
        "staff_leads": "看我的客户",
        "log_followup": "记跟进",
        "staff_tasks": "看待办",
        "approve": "批准",
        "reject": "驳回",
        "request_supplies": "领物品",
        "request_expense": "报销",
        "staff_report": "看报表",
        "stock_query": "查库存",
        "take_attendance": "点名",
        "report_fault": "报修",
        "book_room": "订教室",
        "find_document": "找文件",
    },
}
"""Every intent of the contract (`nlu/domain.yml`), as staff would call it, by who says it."""
NAMES = {name: words for group in INTENTS.values() for name, words in group.items()}
ENTITIES: Mapping[str, str] = {
    "course": "课程",
    "subject": "科目",
    "grade": "年级",
    "campus": "校区",
    "teacher": "老师",
    "person": "人名",
    "phone": "电话",
    "time": "时间",
    "amount": "金额",
    "quantity": "数量",
    "class_mode": "上课方式",
    "level": "级别",
    "order_no": "订单号",
    "ticket_no": "工单号",
    "item": "物品",
    "room": "教室",
    "document": "文件",
    "channel": "渠道",
}
WHYS = {
    "unclear": "没听懂",
    "outside": "当成与学校无关",
    "unsure": "没把握",
    "person": "答完就找老师",
}
FIGURES: Mapping[str, str] = {
    "intent_accuracy": "意思读对",
    "top_three": "前三个里有对的",
    "out_of_scope_recall": "认出无关的话",
    "false_refusals": "误当成无关",
    "entity_f1": "关键词标对",
}
"""What the evaluation measures, of what staff can judge."""
LESS_IS_BETTER = frozenset(["false_refusals"])
STATES = {
    "idle": "还没有训练过",
    "training": "正在训练，大约需要几分钟，可以先去忙别的",
    "trained": "训练好了",
    "failed": "训练没有成功，正在用的模型不受影响。请再试一次，仍不行请联系技术人员",
}
LABELLED = "已标为「{intent}」，下次训练时就会学到。"
DISMISSED = "已忽略，不再提示。"
NO_INTENT = "请先点一个意思，或在列表里选好再保存。"
OTHER_WORDS = "标注去掉括号后要和原话一字不差。请只加标记、不改字，或恢复成原话再保存。"
WRONG_NAME = "不认识标记「{names}」。请从下面的标记名称里选用，再保存。"
GONE = "这句话已经有同事处理过了，请接着看下一句。"
SHUT = "训练功能还没有开通。请技术人员在两边设置 NLU_SCHOOL_KEY 后，再刷新本页。"
AWAY = "理解服务暂时连不上，标注照常保存。请过几分钟再刷新。"
BUSY = "已经有一次训练在进行，请等它完成。"
MOVED = "模型刚刚有变动，请看过最新情况再操作。"
BEGUN = "开始训练，用上 {count} 句话。"
REFUSED = "这几句没有用上：{sentences}。它们与考题相同或格式不对，不用再处理。"
PUBLISHED = "已发布，几秒后新模型开始接待。"
ROLLED_BACK = "已退回，几秒后之前的模型开始接待。"
