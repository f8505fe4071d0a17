"""Five thousand people: the statements of a plan and of a batch do not grow with them."""

import pytest
from sqlalchemy import insert, select

from backend.kit import clock, crypto
from backend.kit.db import reading, unit_of_work
from backend.reminders import planning, service
from backend.students.models import Guardian, Guardianship, Student
from backend.teaching.models import Attendance, ClassGroup, Lesson
from tests.backend.portal.test_desk import counted
from tests.backend.reminders.scene import EVENING, switched_on

MANY = 5000


def _fill(count: int) -> None:
    """So many further children, each with a guardian and expected in tomorrow's lesson."""
    ids = range(1000, 1000 + count)
    now = clock.now()
    phone = crypto.blind_index("13800000000", context="phone")
    with unit_of_work() as session:
        lesson_id = session.scalar(
            select(Lesson.id)
            .join(ClassGroup, ClassGroup.id == Lesson.class_group_id)
            .where(ClassGroup.name == "英语三级平日班", Lesson.starts_at > now)
            .order_by(Lesson.starts_at)
        )
        session.execute(
            insert(Student), [{"id": n, "name": f"学员{n}", "created_at": now} for n in ids]
        )
        session.execute(
            insert(Guardian),
            [
                {"id": n, "name": f"家长{n}", "phone": "13800000000", "phone_index": phone,
                 "created_at": now}
                for n in ids
            ],
        )  # fmt: skip
        session.execute(insert(Guardianship), [{"guardian_id": n, "student_id": n} for n in ids])
        session.execute(
            insert(Attendance),
            [
                {"lesson_id": lesson_id, "student_id": n, "kind": "regular", "status": "expected",
                 "revision": 0}
                for n in ids
            ],
        )  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("school")
def test_s5_five_thousand_take_a_fixed_number_of_statements_per_batch() -> None:
    switched_on()
    with clock.frozen(EVENING):
        few = _statements_of_batch()
        _fill(MANY)
        many = _statements_of_batch()
        assert many["people"] == few["people"] + MANY
        assert many["tell"] == few["tell"] <= 6
        # Three more pages of a thousand facts, each with the names of its places.
        assert many["plan"] <= few["plan"] + 5 * 3 + 4 <= 30


def _statements_of_batch() -> dict[str, int]:
    with reading() as session, counted() as planning_:
        spans = service.due_spans(session, now=EVENING)
        planned = planning.plan(session, spans, now=EVENING)
    with reading() as session, counted() as telling:  # Read and undone: nothing is told yet.
        assert service.tell(session, spans, planned[:500]) == min(500, len(planned))
    return {"people": len(planned), "plan": len(planning_), "tell": len(telling)}
