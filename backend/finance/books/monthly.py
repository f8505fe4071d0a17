"""A month's report: everything it is written from in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from backend.finance.books import analysis, balances, report, statements
from backend.finance.books.analysis import Contribution, Dimension, Earned, Effects, RollForward
from backend.finance.books.ledgers import month_before
from backend.finance.books.report import Sentence
from backend.finance.books.statements import Statements
from backend.finance.books.words import Movement
from backend.finance.chart import is_of_profit
from backend.finance.ledger import month_after
from backend.logistics import queries as logistics
from backend.security import queries as staff
from backend.teaching import queries as teaching

LOOK_BACK = 12
AVERAGE_OVER = 6


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Trend(_Frozen):
    """One month of the curve."""

    month: date
    revenue_fen: int
    cost_fen: int
    profit_fen: int


class Ratio(_Frozen):
    """A ratio with its formula; None where its divisor is nothing."""

    name: str
    formula: str
    percent: float | None


class NamedEarned(_Frozen):
    """What something with a name earned."""

    key: int | None
    name: str
    fen: int
    lessons: int


class NamedContribution(_Frozen):
    """What a class with a name left."""

    key: int
    name: str
    revenue_fen: int
    teacher_fen: int
    room_fen: int
    fen: int


class MonthlyReport(_Frozen):
    """A month as it is shown and printed."""

    month: date
    campus_id: int | None
    now: Statements
    before: Statements
    rolled: RollForward
    effects: Effects
    earned: dict[str, tuple[NamedEarned, ...]]
    classes: tuple[NamedContribution, ...]
    trends: tuple[Trend, ...]
    ratios: tuple[Ratio, ...]
    sentences: tuple[Sentence, ...]


def monthly_report(session: Session, *, month: date, campus_id: int | None = None) -> MonthlyReport:
    """The report of a month, of one campus or of all; the number of queries does not grow."""
    moved = balances.movements(
        session, from_month=balances.BEGINNING, until=month_after(month), campus_id=campus_id
    )
    now = statements.of_movements(moved, month=month, campus_id=campus_id)
    former = month_before(month)
    before = statements.of_movements(
        [each for each in moved if each.month <= former], month=former, campus_id=campus_id
    )
    found = {
        each: analysis.earned_by(session, each, month=month, campus_id=campus_id)
        for each in Dimension
    }
    courses_before = analysis.earned_by(
        session, Dimension.COURSE, month=former, campus_id=campus_id
    )
    classes = analysis.contributions(session, month=month, campus_id=campus_id)
    names = _names(session, found, classes)
    effects = analysis.effects_of(courses_before, found[Dimension.COURSE])
    rolled = analysis.roll_forward(session, month=month, campus_id=campus_id)
    by_month = _by_month(moved)
    months = _months_until(month)
    earlier = [by_month[each] for each in months[-AVERAGE_OVER - 1 : -1] if each in by_month]
    said = report.sentences(
        report.Sources(
            now=now,
            before=before,
            rolled=rolled,
            effects=effects,
            by_course=tuple(found[Dimension.COURSE]),
            contributions=tuple(classes),
            course_names=names[Dimension.COURSE],
            class_names=names[Dimension.CLASS],
            moved=by_month.get(month, {}),
            averages=report.averages_of(earlier),
        )
    )
    return MonthlyReport(
        month=month,
        campus_id=campus_id,
        now=now,
        before=before,
        rolled=rolled,
        effects=effects,
        earned={
            each.value: tuple(
                NamedEarned(
                    key=row.key,
                    name=names[each].get(row.key or 0, _NOBODY[each]),
                    fen=row.fen,
                    lessons=row.lessons,
                )
                for row in rows
            )
            for each, rows in found.items()
        },
        classes=tuple(
            NamedContribution(
                key=each.class_group_id,
                name=names[Dimension.CLASS].get(each.class_group_id, "班级"),
                revenue_fen=each.revenue_fen,
                teacher_fen=each.teacher_fen,
                room_fen=each.room_fen,
                fen=each.fen,
            )
            for each in classes
        ),
        trends=tuple(_trend(each, by_month.get(each, {})) for each in months),
        ratios=ratios_of(now),
        sentences=tuple(said),
    )


_NOBODY = {
    Dimension.COURSE: "未分课程",
    Dimension.CLASS: "未分班级",
    Dimension.TEACHER: "未分老师",
    Dimension.CAMPUS: "总部",
}


def ratios_of(found: Statements) -> tuple[Ratio, ...]:
    """The ratios that a school is read by. Pure."""
    income, sheet = found.income, found.balance_sheet

    def of(name: str, formula: str, part: int, whole: int) -> Ratio:
        return Ratio(
            name=name, formula=formula, percent=round(part * 100 / whole, 1) if whole else None
        )

    revenue = income.fen(1, second=True)
    return (
        of(
            "毛利率",
            "（营业收入−营业成本）÷营业收入",
            revenue - income.fen(2, second=True),
            revenue,
        ),
        of("净利率", "净利润÷营业收入", income.fen(32, second=True), revenue),
        of("流动比率", "流动资产÷流动负债", sheet.fen(15), sheet.fen(41)),
        of("资产负债率", "负债÷资产", sheet.fen(47), sheet.fen(30)),
        of("预收资金覆盖率", "货币资金÷预收账款", sheet.fen(1), sheet.fen(34)),
    )


def _by_month(moved: Sequence[Movement]) -> dict[date, dict[str, int]]:
    """What each account of profit moved by month: income as credit, cost as debit."""
    found: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for each in moved:
        if is_of_profit(each.account):
            sign = -1 if each.account < "54" else 1
            found[each.month][each.account] += sign * (each.debit_fen - each.credit_fen)
    return {month: dict(accounts) for month, accounts in found.items()}


def _trend(month: date, accounts: dict[str, int]) -> Trend:
    income = sum(fen for account, fen in accounts.items() if account < "54")
    cost = sum(fen for account, fen in accounts.items() if account >= "54")
    return Trend(month=month, revenue_fen=income, cost_fen=cost, profit_fen=income - cost)


def _months_until(month: date) -> list[date]:
    months = [month]
    while len(months) < LOOK_BACK:
        months.insert(0, month_before(months[0]))
    return months


def _names(
    session: Session, found: dict[Dimension, list[Earned]], classes: list[Contribution]
) -> dict[Dimension, dict[int, str]]:
    def keys(dimension: Dimension) -> set[int]:
        return {each.key for each in found[dimension] if each.key is not None}

    class_ids = keys(Dimension.CLASS) | {each.class_group_id for each in classes}
    teachers = staff.staff_members(session, keys(Dimension.TEACHER))
    campuses, _ = logistics.names(session, campus_ids=keys(Dimension.CAMPUS), venue_ids=set())
    return {
        Dimension.COURSE: teaching.course_names(session, keys(Dimension.COURSE)),
        Dimension.CLASS: teaching.class_names(session, class_ids),
        Dimension.TEACHER: {id_: each.name for id_, each in teachers.items()},
        Dimension.CAMPUS: campuses,
    }
