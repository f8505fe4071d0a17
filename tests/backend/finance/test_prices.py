"""Prices as they are asked for (F4)."""

from datetime import date

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from backend.finance import queries
from backend.finance.models import Price
from tests.backend.finance import scenes


@pytest.fixture
def schools(session: Session) -> list[scenes.School]:
    """Three schools with a price for all campuses, the first with a newer one of its own."""
    opened = [scenes.open_school(session) for _ in range(3)]
    for school in opened:
        session.add(
            Price(
                course_id=school.course_id,
                amount_fen=100000,
                lesson_count=16,
                material_fee_fen=8000,
                effective_from=date(2026, 1, 1),
            )
        )
    session.add(
        Price(
            course_id=opened[0].course_id,
            campus_id=opened[0].campus_id,
            amount_fen=120000,
            lesson_count=16,
            effective_from=date(2026, 11, 1),
            effective_to=date(2026, 12, 1),
        )
    )
    session.flush()
    return opened


def test_a_campus_may_have_its_own_price_for_a_while(
    session: Session, schools: list[scenes.School]
) -> None:
    school = schools[0]

    def total_on(on: date, campus_id: int = school.campus_id) -> int | None:
        quote = queries.price_for(session, course_id=school.course_id, campus_id=campus_id, on=on)
        return quote.total_fen if quote else None

    assert total_on(date(2025, 12, 31)) is None
    assert total_on(date(2026, 10, 31)) == 108000
    assert total_on(date(2026, 11, 30)) == 120000
    assert total_on(date(2026, 12, 1)) == 108000
    assert total_on(date(2026, 11, 30), campus_id=schools[1].campus_id) == 108000


def test_many_prices_are_one_query(session: Session, schools: list[scenes.School]) -> None:
    asked: list[str] = []
    event.listen(
        session.get_bind(), "before_cursor_execute", lambda _c, _k, text, *_: asked.append(text)
    )
    pairs = [(school.course_id, school.campus_id) for school in schools]
    quotes = queries.prices_for(session, [*pairs, (0, 0)], on=date(2026, 11, 15))
    assert len(asked) == 1
    assert {pair: quotes[pair].total_fen for pair in pairs} == dict(
        zip(pairs, (120000, 108000, 108000), strict=True)
    )
    assert (0, 0) not in quotes
