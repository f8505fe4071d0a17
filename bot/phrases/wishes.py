"""Sentences about which notices somebody wants."""

STILL = "付款结果、老师的答复和当天课程的变动仍会通知您"
OUT = "好的，不再给您发{kinds}，现在就生效。{still}。想恢复，回复「恢复{first}」就行。"
IN = "好的，已恢复{kinds}。想调整，回复「消息设置」就行。"
FOR_STAFF = "给您派的工作仍会推送"
SETTINGS_TITLE = "消息设置"
SETTINGS = "选择想收到的消息，也可以开启微信通知。点开设置就行。"
AGREE_TITLE = "接收微信通知"
AGREE = "点开后同意，有进展就发到您的微信。微信规定同意一次收一条，用完可以再点。"
WANT_REMINDERS = "想在微信里收到上课和报名通知吗？回复「接收通知」就行。"
NAMES = {"service": "服务通知", "reminder": "上课提醒", "marketing": "优惠活动"}
