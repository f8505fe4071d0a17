"""T1, A11: points of a placement lead to a level, which opens what is as high, nothing higher."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.admissions import family, sign_up
from backend.admissions.eligibility import placing
from backend.admissions.eligibility.placing import PlacementWrong
from backend.admissions.eligibility.schemas import NotEligible, Unmet
from backend.admissions.models import Lead, Placement
from backend.admissions.schemas import SignUpStatus
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.students.models import Student
from backend.teaching import service as teaching
from backend.teaching.curriculum import programmes
from tests.backend.admissions.test_sign_up import open_school, wish


def test_t1_points_open_a_level_and_nothing_higher(session: Session) -> None:
    school = open_school(session)
    below = teaching.open_course(session, name="入门", subject="英语", summary="")
    by = school.academic_id
    programme_id = programmes.keep_programme(session, name="少儿英语", subject="英语", by=by)
    for rank, (course_id, points) in enumerate(((below.id, 0), (school.course_id, 60)), 1):
        programmes.keep_level(
            session, programme_id=programme_id, name=f"{rank}级", rank=rank, course_id=course_id,
            from_points=points, needs_before=True, by=by,
        )  # fmt: skip

    def refusal(age: int = 8) -> Unmet:
        with pytest.raises(NotEligible) as refused:
            sign_up.sign_up(session, wish(school, age=age))
        return Unmet(refused.value.facts["why"])

    assert refusal() is Unmet.PREREQUISITE
    wanted = wish(school)
    lead = Lead(
        customer="王芳", openid=wanted.openid, interest="英语", source="wechat", stage="new",
        created_at=clock.now(),
    )  # fmt: skip
    session.add(lead)
    session.flush()

    def placed(points: int, **whom: int) -> str:
        return placing.place(
            session, programme_id=programme_id, points=points, by_id=by,
            source_key=f"placement:{points}", child_name="李小1", **whom,
        ).name  # fmt: skip

    assert [placed(59, lead_id=lead.id) for _ in range(2)] == ["1级", "1级"]
    assert refusal() is Unmet.PLACEMENT_FAILED
    for wrong in ({"lead_id": lead.id, "student_id": 1}, {}):
        with pytest.raises(PlacementWrong):
            placed(70, **wrong)
    with pytest.raises(PlacementWrong):
        placed(101, lead_id=lead.id)
    with pytest.raises(NotFound):
        placed(70, student_id=99999)
    assert placed(60, lead_id=lead.id) == "2级"
    assert [each.points for each in placing.found(session, wanted.openid)] == [60]
    assert sign_up.sign_up(session, wish(school, age=8)).status is SignUpStatus.PENDING

    child = Student(name="王小五", created_at=clock.now())
    session.add(child)
    session.flush()
    assert placed(80, student_id=child.id) == "2级"
    family.forget(session, openid=wanted.openid, student_ids=[child.id], into="gone")
    session.expire_all()
    rows = session.execute(select(Placement.child_name, Placement.points)).all()
    assert [tuple(row) for row in rows] == [(family.GONE, None)] * 3
