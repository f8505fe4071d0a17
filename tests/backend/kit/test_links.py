"""A stranger's link shows where it leads, however it is written; plain words stay as they are."""

import pytest

from backend.kit.links import spelled_out


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<a href="https://evil.cn/x">点我退款</a>吧', "点我退款（https://evil.cn/x）吧"),
        ("<A  class=b HREF='https://evil.cn'>登录</A >", "登录（https://evil.cn）"),
        ("<a href=https://evil.cn>登录</a>", "登录（https://evil.cn）"),
        (
            '<a href="weixin://bizmsgmenu?msgmenucontent=结束&msgmenuid=1">好</a>',
            "好（weixin://bizmsgmenu?msgmenucontent=结束&msgmenuid=1）",
        ),
        ('<a href="https://evil.cn">没有关', '＜a href="https://evil.cn">没有关'),
        ("<<a href='x'>y</a>a href='z'>", "＜y（x）a href='z'>"),
        ("3 < 5，a<3，https://a.cn", "3 < 5，a<3，https://a.cn"),
    ],
)
def test_links_are_spelled_out(written: str, shown: str) -> None:
    assert spelled_out(written) == shown
    assert spelled_out(shown) == shown
