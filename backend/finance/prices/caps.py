"""收费上限: what the law lets be charged at once, as dated rules that name their source (G2).

Changed here when the law changes: a new rule with its day, the old one ended; never overwritten.
For whom a rule holds can be switched by two people (`PriceChange`), as local rules differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from backend.finance.prices.schemas import Breach, CapKind, LearnerType
from backend.finance.schemas import NewLine


@dataclass(frozen=True)
class FeeCap:
    """A rule in force on the days [held_from, held_to) for these learners, unless switched."""

    key: str
    name: str
    source: str
    held_from: date
    held_to: date | None
    learners: frozenset[LearnerType]
    most_lessons: int
    most_months: int
    most_fen: int


CAPS = (
    FeeCap(
        key="k12_non_subject_2022",
        name="校外培训一次性收费上限",
        source="教育部等十三部门《关于规范面向中小学生的非学科类校外培训的意见》（2022年12月）",
        held_from=date(2022, 12, 29),
        held_to=None,
        learners=frozenset({LearnerType.K12}),
        most_lessons=60,
        most_months=3,
        most_fen=500_000,
    ),
)

Switches = Mapping[tuple[str, LearnerType], bool]
"""(rule, learner type) → on or off, where somebody has decided otherwise than the rule says."""


def in_force(learner: LearnerType, *, on: date, switches: Switches) -> list[FeeCap]:
    """The rules that bind a charge to such a learner on a day."""
    return [
        cap
        for cap in CAPS
        if cap.held_from <= on
        and (cap.held_to is None or on < cap.held_to)
        and switches.get((cap.key, learner), learner in cap.learners)
    ]


def breaches(
    lines: Iterable[NewLine],
    learner: LearnerType,
    *,
    on: date,
    switches: Switches,
    months: int | None = None,
) -> list[Breach]:
    """Every cap that one charge would go over. Lessons count with gifts, since a gift must not be
    the way around; a charge by time is measured in `months`, any other in lessons; the amount is
    all that is charged at once."""
    some = list(lines)
    found = []
    for cap in in_force(learner, on=on, switches=switches):
        lessons = sum(line.lesson_count + line.gift_count for line in some)
        fen = sum(line.net_fen for line in some)
        asked = (
            (CapKind.MONTHS, cap.most_months, months or 0)
            if months is not None
            else (CapKind.LESSONS, cap.most_lessons, lessons),
            (CapKind.AMOUNT, cap.most_fen, fen),
        )
        found += [
            Breach(kind=kind, most=most, asked=n, source=cap.source, held_from=cap.held_from)
            for kind, most, n in asked
            if n > most
        ]
    return found


def most_lessons(learner: LearnerType, *, on: date, switches: Switches) -> int | None:
    """The most lessons one charge may hold, gifts included; None without a cap."""
    caps = in_force(learner, on=on, switches=switches)
    return min((cap.most_lessons for cap in caps), default=None)
