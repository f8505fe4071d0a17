"""The legal caps as an order meets them: every bill is looked at, whoever wrote it (G2)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from backend.finance.prices import caps, queries, rules
from backend.finance.prices.schemas import Breach, FeeCapExceeded, LearnerType
from backend.finance.schemas import NewLine
from backend.kit import clock
from backend.teaching import queries as teaching

_STRICTEST = (LearnerType.K12, LearnerType.PRESCHOOL, LearnerType.ADULT)


def learner_of(session: Session, course_ids: Sequence[int]) -> LearnerType:
    """Whom these courses teach together: the strictest of them; grown-ups without a course."""
    grades = teaching.course_grades(session, set(course_ids)).values()
    found = {rules.learner_of(low, high) for _, low, high in grades}
    return next((each for each in _STRICTEST if each in found), LearnerType.ADULT)


def breaches(
    session: Session,
    lines: Sequence[NewLine],
    *,
    learner: LearnerType | None = None,
    months: int | None = None,
) -> list[Breach]:
    """The caps that these lines, charged at once today, would go over."""
    if learner is None:
        learner = learner_of(session, [line.course_id for line in lines if line.course_id])
    return caps.breaches(
        lines, learner, on=clock.today(), switches=queries.switches(session), months=months
    )


def enforce(
    session: Session,
    lines: Sequence[NewLine],
    *,
    learner: LearnerType | None = None,
    months: int | None = None,
) -> None:
    """Raise FeeCapExceeded for lines that must not be charged at once."""
    for each in breaches(session, lines, learner=learner, months=months):
        raise FeeCapExceeded(kind=each.kind, most=each.most, asked=each.asked, source=each.source)
