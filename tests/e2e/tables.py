"""A table with two phones on it, in a browser: a newcomer's and the advisor's (the phone page)."""

from collections.abc import Callable

from tests.e2e.browsers import Browser

ADVISOR = '.phone[data-openid="o_demo_advisor"]'
TALK = (
    ("周末的英语班多少钱？", "在招："),
    ("我要报名硬笔书法周三班", "孩子叫什么名字"),
    ("{child}", "几年级"),
    ("对了你们在哪儿", "望京西路"),
    ("二年级", "怎么称呼"),
    ("沈悦", "手机号"),
    ("13700007788", "请核对"),
    ("同意", "待付款"),
)
Look = Callable[[str], None]


class Table:
    """What two people do side by side. `look` is called at moments worth a picture."""

    def __init__(self, browser: Browser, sandbox_url: str, look: Look = lambda name: None) -> None:
        self._browser = browser
        self._look = look
        browser.driver.get(f"{sandbox_url}/?as=advisor")
        browser.find(f"{ADVISOR} .bar h2")

    def newcomer_arrives(self) -> None:
        """Somebody new takes a phone, follows, and is greeted."""
        browser = self._browser
        browser.tap("#newcomer")
        owner = browser.find(f".phone:not({ADVISOR})").get_attribute("data-openid")
        self.newcomer = f'.phone[data-openid="{owner}"]'
        browser.tap(f"{self.newcomer} .follow button")
        browser.find(f"{self.newcomer} .bubble", "欢迎关注")

    def newcomer_signs_up(self, child: str) -> None:
        """The whole talk, with a digression; each answer is waited for."""
        for words, marker in TALK:
            self._browser.type(self.newcomer, words.format(child=child))
            self._browser.find(f"{self.newcomer} .log > :last-child", marker)
        self._look("phone")

    def newcomer_pays(self) -> None:
        """The payment card opens a page in the chat's browser, and the page opens the till."""
        browser = self._browser
        browser.tap(f"{self.newcomer} .card-tap", "待付款")
        browser.enter(f"{self.newcomer} .browser iframe")
        browser.tap("#pay")
        browser.enter("iframe")
        browser.find("#pay", "确认支付")
        self._look("pay")
        browser.tap("#pay")
        browser.leave_frames()
        browser.enter(f"{self.newcomer} .browser iframe")
        browser.find(".pay-title", "支付成功")
        browser.leave_frames()
        browser.tap(f'{self.newcomer} .browser [aria-label="关闭网页"]')

    def newcomer_hears_of_it(self, child: str) -> None:
        self._browser.find(f"{self.newcomer} .bubble", f"{child}的硬笔书法周三班已报名成功")

    def advisor_claims(self) -> None:
        """One tap on the push."""
        browser = self._browser
        browser.tap(f"{ADVISOR} .card-tap", "详情")
        browser.enter(f"{ADVISOR} .browser iframe")
        browser.find("h1", "认领成功")
        browser.leave_frames()
        browser.tap(f'{ADVISOR} .browser [aria-label="关闭网页"]')
