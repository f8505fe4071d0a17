"""Sentences about recommending us to friends (A8)."""

TITLE = "我的推荐码"
TEXT = "点开有您的专属二维码和链接，发给朋友，朋友扫码或填表后，老师会说明是您推荐的。"
FAMILIES_ONLY = "谢谢您愿意推荐我们。先回复「绑定」绑定学员档案，就能拿到您的专属推荐码。"
