"""收据, 发票 and 转账 by chat: only ever about the speaker's own orders (F6; 发票管理办法).

Receipts and transfers are read by patterns, since they must work with the understanding away.
"""

import re

from backend.finance import queries as money
from backend.finance.schemas import OrderNotPayable, OrderStatus, OrderView
from backend.finance.till import bank, invoices, receipts, tax
from backend.finance.till.words import InvoiceUnfit, InvoiceWish
from backend.kit import clock
from backend.security.schemas import Role
from bot.flows import form, people
from bot.flows.form import Form, Read, Step, Unfit, Value
from bot.flows.talk import Talk
from bot.phrases import papers as phrases
from bot.replies import Reply, say

RECEIPTS = re.compile(
    r"^(?:你好|您好|请问?|麻烦|我|想|能|可以|给|帮|老师|有|没|还|把|的|需?要|开|发|补|看|查|下载|打印"
    r"|一|下|张|个|份|[，, ])*(?:付款|缴费|交费|交学费|电子|学费|纸质)?的?收据"
    r"(?:发|给|我|一下|开|看|在哪里?|怎么|拿|吗|呢|吧|了|有|的|能|可以|[，, ])*$"
)
INVOICES = re.compile(
    r"^(?:你好|您好|我|想|还|请|能|可以|给|帮|麻烦|[，, ])*(?:需?要|开|补|申请)+(?:一?[下张个])?"
    r"(?:电子|纸质)?的?发票(?:吗|吧|了|呢)*$|^发票(?:开)?(?:好|出来)了?[吗没]$"
)
PERSONAL = re.compile(r"^(?:我?个人的?|我自己|私人)$")
TRANSFERRED = re.compile(
    r"^(?:我|们|已经?|刚刚?|昨天|今天|钱|学费|用|从|银行|对公|[，, ])*转(?:账|帐|款|了|过去|好|钱)"
    r"(?:了|过去|给你们|完成?|好|成功|学费)*"
    r"(?:[，,。 ]*(?:付款人|付款户名|户名|账户名?|是|叫|：|:)+(.{2,40}))?$"
)
_YES = re.compile(
    r"^(?:好的?|嗯+|是的?|对|行|可以|没问题|确认|确定|就这样|提交|[，, ])+(?:开|吧|了)*$"
)
_NO_MAIL = re.compile(r"不用|不要|没有|不填|不需要|微信|跳过|^无$|^没$")
_PROGRESS = re.compile(r"(?:好了?|出来?|开)了?[吗没嘛么]|进度|什么时候|多久|到哪")
_NUMBER = re.compile(r"^第?([1-5一二两三四五])个?[.。、]?$")
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_LEAD = re.compile(
    r"^(?:请?(?:开|写|用)|发票|抬头|名称|单位|公司名?|邮箱|税号|纳税人识别号"
    r"|给|是|就|的|：|:|[，, ])+"
)
_TAX = re.compile(r"(?<![A-Za-z0-9])[0-9A-Za-z]{18}(?![A-Za-z0-9])")
_MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,24}")
_SHORT = 40


def heard(talk: Talk) -> Reply | None:
    """「要收据」, 「要开发票」 and 「我转账了，户名…」; None for everything else."""
    if len(talk.plain) > _SHORT or talk.speaker.account_id is not None:
        return None
    if RECEIPTS.match(talk.plain):
        found = receipts.of_payer(talk.session, talk.openid)
        links = [(each, receipts.link(each.id)) for each in found[-phrases.MOST :]]
        return say(phrases.receipts(links) if links else phrases.NO_RECEIPT)
    if INVOICES.match(talk.plain) and talk.state.flow != INVOICE.name:
        return invoice(talk)
    said = TRANSFERRED.match(talk.plain)
    if said is None or _waiting(talk) is None:
        return None
    payer = (said.group(1) or "").strip("。.，, 的")
    return form.start(talk, TRANSFER, payer=payer or None)


def invoice(talk: Talk) -> Reply:
    """「要开发票」: the form, or where an invoice stands; who has paid nothing here is passed to an
    accountant: it may have been paid at the desk."""
    asked = invoices.of_payer(talk.session, talk.openid)
    if asked and _PROGRESS.search(talk.plain):
        return say(phrases.invoices(asked))
    if _orders(talk):
        return form.start(talk, INVOICE)
    return say(phrases.invoices(asked)) if asked else people.pass_to(Role.ACCOUNTANT)(talk)


def _waiting(talk: Talk) -> OrderView | None:
    """The newest order of the speaker's that waits for money."""
    for order in money.orders_of(talk.session, openid=talk.openid, limit=3):
        if order.status is OrderStatus.PENDING and order.expires_at > clock.now():
            return order
    return None


def _read_payer(_talk: Talk, text: str) -> Read:
    said = _LEAD.sub("", re.sub(r"户名|付款人|账户名?|叫", "", text)).strip("。.，, ")
    return Value(said, sure=False) if 2 <= len(said) <= 40 else None


def _transferred(talk: Talk) -> Reply:
    slots, order = talk.state.slots, _waiting(talk)
    talk.state.leave()
    if order is None:
        return say(phrases.NOTHING_DUE)
    try:
        bank.claim(
            talk.session, number=order.number, payer=slots["payer"], reference="",
            by=f"wechat:{talk.openid}", source_key=talk.source_key, openid=talk.openid,
        )  # fmt: skip
    except OrderNotPayable:
        return say(phrases.NOTHING_DUE)
    return say(phrases.transferred(order, slots["payer"]))


def _orders(talk: Talk) -> list[tuple[str, str, int]]:
    return invoices.open_orders(talk.session, talk.openid)


def _one_order(talk: Talk) -> bool:
    found = _orders(talk)
    if len(found) == 1:
        talk.state.slots["order"] = found[0][0]
    return len(found) == 1


def _read_order(talk: Talk, text: str) -> Read:
    found = _orders(talk)
    named = [number for number, _, _ in found if number in text]
    if named:
        return Value(named[0])
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    chosen = _DIGITS.get(match.group(1)) or int(match.group(1))
    if chosen > len(found):
        return Unfit(phrases.ask_order(found), sure=True)
    return Value(found[chosen - 1][0])


def _read_title(_talk: Talk, text: str) -> Read:
    """The title alone, whatever else the message holds."""
    rest = _MAIL.sub("", _TAX.sub("", text))
    rest = re.sub(r"(?:税号|纳税人识别号|邮箱)[:：]?", "", rest)
    said = _LEAD.sub("", rest).strip("。.，,、 ")
    if PERSONAL.match(said):
        return Value("个人")
    wish = InvoiceWish(number="", title=said)
    if tax.flaw_of(wish) == "title":
        return Unfit(phrases.TITLE_UNFIT)
    return Value(said, sure=tax.is_company(said))


def _read_tax(_talk: Talk, text: str) -> Read:
    said = tax.plain(_LEAD.sub("", text.strip()).strip("。.，, "))
    if tax.is_tax_number(said):
        return Value(said)
    is_number = re.fullmatch(r"[0-9A-Z]{8,24}", said) is not None
    return Unfit(phrases.TAX_UNFIT, sure=is_number)


def _spot_tax(_talk: Talk, text: str) -> str | None:
    found = [each for each in _TAX.findall(text) if tax.is_tax_number(each)]
    return tax.plain(found[0]) if found else None


def _read_mail(_talk: Talk, text: str) -> Read:
    found = _MAIL.search(text)
    if found is not None and tax.is_mail(found.group()):
        return Value(found.group())
    if _NO_MAIL.search(text):
        return Value("")
    return Unfit(phrases.MAIL_UNFIT, sure="@" in text)


def _spot_mail(_talk: Talk, text: str) -> str | None:
    found = _MAIL.search(text)
    return found.group() if found is not None and tax.is_mail(found.group()) else None


def _ask_agreement(talk: Talk) -> Reply:
    slots = talk.state.slots
    amount_fen = next((fen for number, _, fen in _orders(talk) if number == slots["order"]), 0)
    return say(phrases.check(slots, amount_fen), options=("确认", "取消"))


def _read_agreement(_talk: Talk, text: str) -> Read:
    return Value(True) if _YES.match(text.strip(" 。.!！")) else None


def _ask_for_it(talk: Talk) -> Reply:
    slots = dict(talk.state.slots)
    talk.state.leave()
    wish = InvoiceWish(
        number=slots["order"], title=slots["title"], tax_number=slots.get("tax", ""),
        email=slots.get("email", ""),
    )  # fmt: skip
    try:
        asked = invoices.ask(talk.session, wish, openid=talk.openid, source_key=talk.source_key)
    except InvoiceUnfit:
        return say(phrases.NOTHING_LEFT)
    return say(phrases.asked(asked))


TRANSFER = Form(
    name="bank_transfer",
    steps=(
        Step(
            key="payer",
            names=("户名", "付款人"),
            ask=lambda _talk: say(phrases.ASK_PAYER),
            read=_read_payer,
        ),
    ),
    finish=_transferred,
    cancelled=phrases.TRANSFER_CANCELLED,
    back=phrases.BACK,
)
INVOICE = Form(
    name="request_invoice",
    steps=(
        Step(
            key="order",
            names=("订单",),
            ask=lambda talk: say(phrases.ask_order(_orders(talk))),
            read=_read_order,
            skip=_one_order,
        ),
        Step(
            key="title",
            names=("抬头", "名称"),
            ask=lambda _talk: say(phrases.ASK_TITLE, options=("个人",)),
            read=_read_title,
        ),
        Step(
            key="tax",
            names=("税号", "纳税人识别号"),
            ask=lambda _talk: say(phrases.ASK_TAX),
            read=_read_tax,
            spot=_spot_tax,
            skip=lambda talk: not tax.is_company(talk.state.slots.get("title", "")),
        ),
        Step(
            key="email",
            names=("邮箱", "邮件"),
            ask=lambda _talk: say(phrases.ASK_MAIL, options=("不用",)),
            read=_read_mail,
            spot=_spot_mail,
        ),
        Step(
            key="agreed",
            names=("确认",),
            ask=_ask_agreement,
            read=_read_agreement,
            confirms=True,
        ),
    ),
    finish=_ask_for_it,
    cancelled=phrases.INVOICE_CANCELLED,
    back=phrases.BACK,
)
