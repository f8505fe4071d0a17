"""The clock's door of the books: pay accrues daily, and every night the books are proved."""

from datetime import timedelta

import structlog

from backend.finance import ledger
from backend.finance.books import accruals, budgets, checks
from backend.kit import clock
from backend.kit.db import learn_sizes, reading, unit_of_work
from backend.kit.links import page_in_wechat
from backend.kit.money import yuan
from backend.logistics import queries as logistics
from backend.outbox.schemas import Notice
from backend.security import service as security
from backend.security.schemas import Role

log = structlog.get_logger(__name__)


def accrue() -> None:
    """Book the pay of what was taught until yesterday, and the wear of the month that ended."""
    yesterday = clock.today() - timedelta(days=1)
    with unit_of_work() as session:
        accruals.accrue(session, month=ledger.month_of(yesterday))


def warn_of_budgets() -> None:
    """Costs above their budget of the month: whoever keeps the books hears of each once a month."""
    month = ledger.month_of(clock.today())
    with unit_of_work() as session:
        over = budgets.overspent(session, month=month)
        campus_ids = {each.campus_id for each in over if each.campus_id is not None}
        places, _ = logistics.names(session, campus_ids=campus_ids, venue_ids=set())
        for each in over:
            place = places.get(each.campus_id or 0, "总部")
            values = {
                "what": f"{place}{each.name}",
                "planned": yuan(each.planned_fen or 0),
                "actual": yuan(each.actual_fen),
            }
            notice = Notice(
                template="budget_over", values=values, url=page_in_wechat("/books/budget")
            )
            security.tell(
                session,
                Role.ACCOUNTANT,
                Role.PRINCIPAL,
                notice=notice,
                dedupe_key=f"budget:{month:%Y%m}:{each.account}:{each.campus_id or 0}",
            )


def check() -> None:
    """Trial balance, 合同负债 and closed months: whoever keeps the books hears of a difference."""
    learn_sizes()
    with reading() as session:
        lopsided = checks.lopsided(session)
        liabilities = checks.liabilities(session)
        advances = checks.advances(session)
        drifted = checks.drifted(session)
    found = [
        *(["试算不平衡"] if lopsided else []),
        *([f"{len(liabilities)}个订单行的合同负债与课时账户不一致"] if liabilities else []),
        *([f"{len(advances)}个订单的预收账款与已收部分不一致"] if advances else []),
        *([f"{len(drifted)}个已结账月份与凭证重算不一致"] if drifted else []),
    ]
    log.info("books_checked", differences=len(found))
    if found:
        on = clock.today()
        values = {"day": f"{on:%m月%d日}", "what": "，".join(found)}
        notice = Notice(template="books_wrong", values=values, url=page_in_wechat("/books/periods"))
        with unit_of_work() as session:
            security.tell(
                session,
                Role.ACCOUNTANT,
                Role.PRINCIPAL,
                notice=notice,
                dedupe_key=f"books-wrong:{on}",
            )
