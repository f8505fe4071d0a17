"""The pages of the timetable: who may, what forms may say, and calendars that end in time."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from icalendar import Calendar
from sqlalchemy import delete, func, select

from backend.kit import clock
from backend.kit.db import STATEMENTS, reading, unit_of_work
from backend.security import service as security
from backend.security.schemas import Role
from backend.students.models import Guardianship
from backend.teaching.drafts import feeds, running
from backend.teaching.drafts.schemas import FeedKind
from backend.teaching.models import Lesson
from backend.teaching.timetable_models import DraftRun, RoomFitting, StaffHours, TimeOff
from tests.backend.security.conftest import Phone, Site, site, wechat
from tests.backend.teaching import classrooms
from tests.backend.teaching.classrooms import NOW, School
from tests.backend.teaching.drafts.test_drafts import ticking

__all__ = ["site", "wechat"]
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def school(site: Site, monkeypatch: pytest.MonkeyPatch) -> School:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(clock.UTC))
    with unit_of_work() as session:
        school = classrooms.open_school(session)
        security.hire(
            session, name="孙立", role=Role.CAMPUS_MANAGER, openid="o_sun", campus_id=None
        )
        return school


def page(phone: Phone, path: str) -> tuple[int, str]:
    status, _, text = phone.open(security.personal_link(phone.openid, path))
    return status, text


def post(phone: Phone, path: str, text: str, **fields: str) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token
    done = phone.browser.post(
        path, data={"csrf_token": token.group(1), **fields}, follow_redirects=True
    )
    return done.status_code, done.text


def test_a_proposed_move_is_judged_anew_whoever_sends_it(site: Site, school: School) -> None:
    academic, first = site.phone("o_li"), school.lessons[0]
    path = f"/timetable/lessons/{first}"
    status, text = page(academic, path)
    assert (status, "推荐的空档" in text) == (200, True)
    packed = re.search(r'name="moves" value="([^"]+)"', text)
    assert packed
    moves = packed.group(1).replace("&#34;", '"')
    for phone, wanted in ((site.phone("o_wang"), 403), (site.phone("o_sun"), 404)):
        page(phone, "/console")
        assert phone.browser.get(path).status_code == wanted
        _, desk = page(phone, "/console")
        assert post(phone, f"{path}/move", desk, moves=moves)[0] == wanted
    for wrong, wanted in (
        (moves.replace('"lesson_id": ', '"lesson_id": 9'), 422),
        (moves.replace(f'"teacher_id": {school.teacher_id}', '"teacher_id": 3'), 409),
        ("[]", 422),
        ("]", 422),
        (re.sub(r'("becomes": {"starts_at": ")[^"]+', r"\g<1>2026-12-01T00:30:00", moves), 422),
    ):
        assert post(academic, f"{path}/move", text, moves=wrong)[0] == wanted, wrong
    night = re.sub(r"2026-12-\d\dT\d\d:\d\d:00Z(?=\", \"ends_at)", "2026-12-12T13:00:00Z", moves)
    assert post(academic, f"{path}/move", text, moves=night)[0] in (409, 422)
    with reading() as session:
        assert session.get_one(Lesson, first).starts_at == classrooms.begin_of(session, first)
    status, done = post(academic, f"{path}/move", text, moves=moves, reason="老师<b>培训</b>")
    assert status == 200
    assert "老师&lt;b&gt;培训" in done
    assert "0/3已看到" in done
    assert post(academic, f"{path}/move", text, moves=moves)[0] == 200
    assert page(academic, "/timetable/changes")[1].count("已看到") == 1


def test_a_draft_is_asked_for_once_watched_and_adopted(site: Site, school: School) -> None:
    academic = site.phone("o_li")
    _, text = page(academic, "/timetable/drafts")
    key = re.search(r'name="key" value="([^"]+)"', text)
    assert key
    form = {"key": key.group(1), "class": str(school.class_id), "seconds": "30"}
    form |= {"first_on": "2026-12-05", "last_on": "2027-01-20"}
    for _ in range(2):
        status, shown = post(academic, "/timetable/drafts", text, **form)
        assert (status, "排队中" in shown) == (200, True)
    assert post(academic, "/timetable/drafts", text, **{**form, "last_on": "x"})[0] == 422
    with unit_of_work() as session:
        run_id = session.scalars(select(DraftRun.id)).one()
        started = running.start_due(session)
    assert started
    running.draw(*started, tick=ticking())
    path = f"/timetable/drafts/{run_id}"
    again = academic.browser.get(path, headers={"HX-Request": "true"})
    assert again.headers["HX-Refresh"] == "true"
    before = STATEMENTS._value.get()
    _, text = page(academic, path)
    assert STATEMENTS._value.get() - before < 25
    assert "采用这份课表" in text
    assert "301 王敏老师 ×4" in text
    assert site.phone("o_sun").open(security.personal_link("o_sun", path))[0] == 404
    with unit_of_work() as session:
        session.get_one(Lesson, school.lessons[0]).starts_at += timedelta(minutes=30)
    status, refused = post(academic, f"{path}/adopt", text)
    assert (status, "没有采用" in refused) == (409, True)
    with unit_of_work() as session:
        session.get_one(Lesson, school.lessons[0]).starts_at -= timedelta(minutes=30)
    for _ in range(2):
        status, adopted = post(academic, f"{path}/adopt", text)
        assert (status, "已采用" in adopted) == (200, True)


def test_what_people_and_rooms_can_do_is_kept(site: Site, school: School) -> None:
    academic = site.phone("o_li")
    teacher, room = f"/timetable/teachers/{school.teacher_id}", f"/timetable/rooms/{school.room_id}"
    _, text = page(academic, teacher)
    hours = {"hours-5-from": "09:00", "hours-5-to": "18:00", "max_per_day": "4", "teaches": "英语"}
    assert post(academic, teacher, text, **hours)[0] == 200
    assert post(academic, teacher, text, **{**hours, "hours-5-to": "08:00"})[0] == 422
    assert "钢琴" in post(academic, room, text, equipment="钢琴，投影")[1]
    off = f"/timetable/off/room/{school.room_id}"
    stretch = {"from_at": "2026-12-05T08:00", "to_at": "2026-12-05T12:00", "words": "修灯"}
    for _ in range(2):
        status, text = post(academic, off, text, **stretch)
    assert "需要调走" in text
    assert "周六班" in text
    assert post(academic, "/timetable/off/room/99", text, **stretch)[0] == 404
    assert post(academic, "/timetable/off/learner/1", text, **stretch)[0] == 404
    group = f"/timetable/classes/{school.class_id}"
    busy = {"busy-6-from": "09:00", "busy-6-to": "12:00"}
    status, text = post(academic, f"{group}/learners/{school.children[0]}", text, **busy)
    assert (status, "周日 09:00–12:00" in text) == (200, True)
    assert post(academic, f"{group}/learners/999", text, **busy)[0] == 404
    for path in ("/timetable", "/timetable/means", "/timetable/use?weeks=4"):
        before = STATEMENTS._value.get()
        assert page(academic, path)[0] == 200
        assert STATEMENTS._value.get() - before < 30, path
    with reading() as session:
        kept = session.get_one(StaffHours, school.teacher_id)
        assert kept.hours == [{"weekday": 5, "start": 540, "end": 1080}]
        assert session.get_one(RoomFitting, school.room_id).equipment == ["投影", "钢琴"]
        assert session.scalar(select(func.count(TimeOff.id))) == 1


def test_a_calendar_ends_with_the_right_to_see_it(site: Site, school: School) -> None:
    parent, child = site.phone("o_parent_0"), school.children[0]
    _, text = page(parent, "/lessons/calendar")
    path = f"/lessons/calendar/learner/{child}"
    other = f"/lessons/calendar/learner/{school.children[1]}"
    assert post(parent, other, text)[0] == 404
    _, text = post(parent, path, text, act="renew")
    links = re.findall(r"/calendar/[\w-]+\.ics", text)
    assert len(links) == 1
    anybody = site.app.test_client()
    answer = anybody.get(links[0])
    assert answer.content_type == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.data).walk("VEVENT")
    assert [str(each["summary"]) for each in events] == ["周六班"] * 4
    assert events[0].decoded("dtstart") == _begins(school)
    assert anybody.get(links[0].replace(".ics", "x.ics")).status_code == 404
    _, text = post(parent, path, text, act="renew")
    assert anybody.get(links[0]).status_code == 404
    links = re.findall(r"/calendar/[\w-]+\.ics", text)
    assert anybody.get(links[0]).status_code == 200
    with unit_of_work() as session:
        session.execute(delete(Guardianship).where(Guardianship.student_id == child))
    assert anybody.get(links[0]).status_code == 404
    teacher = site.phone("o_wang")
    _, text = page(teacher, "/lessons/calendar")
    _, text = post(teacher, f"/lessons/calendar/teacher/{school.teacher_id}", text, act="renew")
    links = re.findall(r"/calendar/[\w-]+\.ics", text)
    assert len(Calendar.from_ical(anybody.get(links[0]).data).walk("VEVENT")) == 4
    _, text = post(teacher, f"/lessons/calendar/teacher/{school.teacher_id}", text, act="revoke")
    assert anybody.get(links[0]).status_code == 404
    with unit_of_work() as session:
        feeds.renew(session, FeedKind.ROOM, school.room_id, by=school.academic_id)
        link = feeds.link_of(session, FeedKind.ROOM, school.room_id, by=school.academic_id)
    assert link
    room = anybody.get(link[link.index("/calendar/") :])
    assert len(Calendar.from_ical(room.data).walk("VEVENT")) == 4
    assert quote("周六班") not in room.text


def _begins(school: School) -> object:
    with reading() as session:
        return classrooms.begin_of(session, school.lessons[0])
