"""The books by chat: a month's figures for who may see them, and expenses for all colleagues.

Read by patterns before anything else, for staff only: no customer's sentence is taken for one."""

import re
from datetime import date

from backend.finance.books import ledgers, reads, summary, vouchers
from backend.finance.books.words import (
    OwnVoucher,
    VoucherDecided,
    VoucherKind,
    VoucherView,
)
from backend.finance.schemas import LedgerAccount, PeriodClosed
from backend.kit import money
from backend.kit.errors import NotAllowed, NotFound
from backend.kit.links import page_in_wechat
from backend.logistics import queries as logistics
from backend.security import permissions
from backend.security import queries as staff
from backend.security.schemas import Permission, Scope, StaffMember
from backend.students import attachments
from bot.flows.talk import Talk
from bot.phrases import books as phrases
from bot.phrases import staff as staff_phrases
from bot.replies import Reply, say

_FIGURES = re.compile(
    r"^(?:.{0,6}校区)?(?:查一下|看看|请问)?(?P<when>这个?月|本月|当月|上个?月|(?P<number>\d{1,2})月份?)"
    r"(?:的|我们|咱们|公司|机构)*(?:营业)?(?:收入|营收|利润|亏损|成本|费用|合同负债|财务|账).*$"
)
_CLAIM = re.compile(
    r"^(?:我要|帮我|申请)?报销[\s,，:：]*(?P<what>.{1,60}?)[\s,，:：]*(?P<yuan>\d{1,7}(?:\.\d{1,2})?)\s*(?:元|块钱?)?$"
)
MINE = re.compile(r"^(?:我的报销|报销进度|报销(?:怎么样|到哪)了)$")
_ASKS = re.compile(r"^(?:我要|怎么|如何|申请)?报销(?:怎么弄|怎么报)?$")
_DECIDES = re.compile(
    r"^(?P<verb>同意|通过|批准|不同意|驳回|拒绝)(?:凭证|报销)\s*(?P<number>\d{1,9})[\s,，:：]*(?P<why>.*)$"
)
_ACCOUNTS = (
    (re.compile("广告|推广|传单|投放|宣传|海报"), LedgerAccount.ADVERTISING),
    (re.compile("招待|请客|宴请|餐|吃饭"), LedgerAccount.HOSPITALITY),
    (re.compile("教材|教具|课本|耗材|打印"), LedgerAccount.COST),
    (re.compile("手续费|汇费"), LedgerAccount.FINANCIAL),
)
MOST_FEN = 5_000_000
"""More than 50,000 yuan is not claimed in passing."""


def heard(talk: Talk) -> Reply | None:
    """What staff say about the books; None for everybody else and everything else."""
    if talk.speaker.account_id is None:
        return None
    if found := _FIGURES.match(talk.plain):
        return _figures(talk, found)
    if MINE.match(talk.plain):
        return _mine(talk)
    if _ASKS.match(talk.plain):
        return _if_may(talk, Permission.REQUEST_EXPENSE) or say(phrases.HOW_TO_CLAIM)
    if found := _CLAIM.match(talk.plain):
        return _claim(talk, found)
    if found := _DECIDES.match(talk.plain):
        return _decide(talk, found)
    return None


def explain(talk: Talk) -> Reply:
    """How one claims an expense."""
    return _if_may(talk, Permission.REQUEST_EXPENSE) or say(phrases.HOW_TO_CLAIM)


def photo(talk: Talk) -> Reply | None:
    """A picture right after an expense is its receipt; `attachment_id` stays with the voucher."""
    if talk.speaker.account_id is None:
        return None
    picture = attachments.just_sent(talk.session, talk.openid)
    if picture is None:
        return None
    voucher = vouchers.add_photo(
        talk.session, account_id=talk.speaker.account_id, attachment_id=picture
    )
    if voucher is None:
        return None
    amount = money.yuan(voucher.total_fen)
    return say(phrases.PHOTO_KEPT.format(number=voucher.id, what=voucher.summary, amount=amount))


def _figures(talk: Talk, found: re.Match[str]) -> Reply:
    refused = _if_may(talk, Permission.SEE_BOOKS)
    if refused is not None:
        return refused
    member = _member(talk)
    campus_id = _campus(talk, member)
    month = _month(found)
    told = summary.summary(talk.session, month=month, campus_id=campus_id)
    campuses, _ = logistics.names(
        talk.session, campus_ids={campus_id} if campus_id else set(), venue_ids=set()
    )
    query = f"month={month:%Y-%m}" + (f"%26campus={campus_id}" if campus_id else "")
    return say(
        phrases.month_in_two(
            told,
            place=campuses.get(campus_id or 0, ""),
            link=page_in_wechat(f"/books/analysis?{query}"),
        )
    )


def _campus(talk: Talk, member: StaffMember) -> int | None:
    """The campus that is named; their own for who may see no other."""
    scope = permissions.scope_of(member.role, Permission.SEE_BOOKS)
    if scope is Scope.CAMPUS and member.campus_id is not None:
        return member.campus_id
    for each in logistics.campuses(talk.session):
        if each.name in talk.plain:
            return each.id
    return None


def _month(found: re.Match[str]) -> date:
    this = ledgers.this_month()
    if number := found.group("number"):
        month = min(12, max(1, int(number)))
        year = this.year if month <= this.month else this.year - 1
        return date(year, month, 1)
    return ledgers.month_before(this) if found.group("when").startswith("上") else this


def _claim(talk: Talk, found: re.Match[str]) -> Reply:
    refused = _if_may(talk, Permission.REQUEST_EXPENSE)
    if refused is not None:
        return refused
    what, amount_fen = found.group("what").strip(), money.fen(found.group("yuan"))
    if not 0 < amount_fen <= MOST_FEN:
        return say(phrases.TOO_MUCH)
    account = next(
        (account for words, account in _ACCOUNTS if words.search(what)),
        LedgerAccount.ADMINISTRATION,
    )
    picture = attachments.just_sent(talk.session, talk.openid)
    voucher = vouchers.claim(
        talk.session,
        by=_member(talk),
        amount_fen=amount_fen,
        summary=what,
        account=account,
        source_key=talk.source_key,
        attachment_id=vouchers.free_photo(talk.session, picture),
    )
    return say(phrases.claimed(VoucherView.model_validate(voucher)))


def _mine(talk: Talk) -> Reply:
    found = [
        each
        for each in reads.latest_of(talk.session, talk.speaker.account_id or 0)
        if each.kind == VoucherKind.EXPENSE
    ]
    return say(phrases.own_claims(found) if found else phrases.NO_CLAIMS)


def _decide(talk: Talk, found: re.Match[str]) -> Reply:
    refused = _if_may(talk, Permission.APPROVE_VOUCHER)
    if refused is not None:
        return refused
    voucher_id, by = int(found.group("number")), _member(talk)
    number, link = str(voucher_id), page_in_wechat(f"/books/vouchers/{voucher_id}")
    says_yes = found.group("verb") in ("同意", "通过", "批准")
    if not says_yes and not found.group("why").strip():
        return say(phrases.WHY_NOT.format(number=number))
    try:
        if says_yes:
            done = vouchers.approve(talk.session, voucher_id=voucher_id, by=by)
            amount = money.yuan(done.total_fen)
            return say(
                phrases.APPROVED.format(number=number, what=done.summary, amount=amount, link=link)
            )
        vouchers.refuse(talk.session, voucher_id=voucher_id, by=by, note=found.group("why"))
        return say(phrases.REFUSED.format(link=page_in_wechat("/books/vouchers")))
    except NotFound:
        return say(phrases.NO_SUCH.format(number=number))
    except OwnVoucher:
        return say(phrases.OWN.format(number=number))
    except VoucherDecided:
        return say(phrases.DECIDED.format(number=number, link=link))
    except PeriodClosed:
        return say(phrases.CLOSED.format(number=number, link=link))
    except NotAllowed:
        return say(staff_phrases.OTHER_ROLE)


def _if_may(talk: Talk, needed: Permission) -> Reply | None:
    return None if permissions.may(talk.speaker.role, needed) else say(staff_phrases.OTHER_ROLE)


def _member(talk: Talk) -> StaffMember:
    found = staff.staff_member(talk.session, talk.speaker.account_id or 0)
    if found is None:
        raise NotAllowed()
    return found
