"""G3, §4 rule 3: terms of a missed lesson are dated, for whom they say, and looked at first."""

from datetime import date

import pytest

from backend.app import create_app
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.security.schemas import Role
from backend.teaching.life import policies
from backend.teaching.models import Course
from backend.teaching.schemas import Terms
from tests.backend.portal.test_desk import at_desk
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_terms_of_a_campus_are_looked_at_before_they_are_published() -> None:
    with clock.frozen(NOW), unit_of_work() as session:
        school = classrooms.open_school(session)
    app = create_app(lambda: None)
    with clock.frozen(NOW):
        desk, teacher = at_desk(app, Role.ACADEMIC), at_desk(app, Role.TEACHER, phone="13900000078")
        path = "/console/attendance-rules"
        form = {"campus": str(school.campus_id), "for": f"course:{school.course_id}",
                "from": "2026-12-02", "hours": "24", "days": "14",
                "absent_makeup": "1"}  # fmt: skip
        seen = desk.post(path, **form, act="preview").text
        assert "请假不足24小时：不扣课时，不能补课" in seen
        assert "没请假也没到：不扣课时，可以补课，14天内有效" in seen
        assert "还没有发布过" in seen
        assert teacher.post(path, **form, act="publish").status_code == 403
        assert desk.post(path, **{**form, "from": "2026-11-30"}, act="publish").status_code == 422
        for _twice in range(2):
            assert desk.post(path, **form, act="publish").status_code == 303
        assert desk.get(path).text.count("东校区，英语三级") == 1
    with clock.frozen(NOW), unit_of_work() as session:
        course = session.get_one(Course, school.course_id)
        here = policies.terms_for(session, course, on=date(2026, 12, 5), campus_id=school.campus_id)
        assert (here.notice_minutes, here.late_leave_consumes) == (24 * 60, False)
        assert policies.terms_for(session, course, on=date(2026, 12, 5)) == Terms()
        assert policies.sentences(Terms())[1] == "请假不足4小时：扣1课时，不能补课"
