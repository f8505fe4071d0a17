"""Sentences of the chat window on the website."""

TITLE = "在线咨询"
GREETING = (
    "您好，我是学校的小助手。课程、价格、名额、报名都可以问我，需要老师时点「转人工」。"
    "想先了解什么呢？"
)
FIRST_WISHES = ("周末有哪些课", "课程价格", "校区地址", "转人工")
NOTICE = "您在这里说的话会保存下来，用来回复您。详见"
NOTICE_LINK = "《个人信息保护告知》"
IN_WECHAT = "在微信里继续"
SCAN = "用微信扫一扫，在公众号里接着聊。老师的回复会直接发到您的微信。"
VISITOR = "网站访客"
NO_CODE = "二维码暂时打不开，请稍后再试，或继续在这里说。"
NO_PICTURES = "发图片请用微信联系我们的公众号。"
NOT_TAKEN = "这条消息没有发出去：请写 1–1000 个字，再发一次。"
