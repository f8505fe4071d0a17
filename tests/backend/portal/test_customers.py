"""Customers as a list: who is found by what, by whom, in how many queries (S1, S3)."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.app import create_app
from backend.kit import clock, workbook
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed, NotFound
from backend.portal import customers
from backend.portal.customers import Asked
from backend.portal.schemas import Segment
from backend.security import queries as staff
from backend.security.models import AuditEntry
from backend.security.schemas import Role, StaffMember
from backend.seed import load
from backend.students import jobs, tags
from backend.students import service as students
from backend.students.jobs import look_for_doubles
from backend.students.models import Guardian, Student
from backend.students.schemas import Person
from backend.students.tags import Colour
from tests.backend.portal.test_desk import at_desk, counted

PRINCIPAL = StaffMember(id=1, name="校长", role=Role.PRINCIPAL, campus_id=None)


@pytest.fixture
def seeded(database: str) -> Iterator[Session]:
    load()
    with reading() as session:
        yield session


def names(session: Session, asked: Asked, member: StaffMember = PRINCIPAL) -> set[str]:
    return {each.listed.name for each in customers.page(session, member, asked)}


def one_of(session: Session, name: str) -> StaffMember:
    return next(
        each for role in Role for each in staff.staff_with_role(session, role) if each.name == name
    )


def test_students_and_guardians_are_found_by_everything_that_the_desk_knows(
    seeded: Session,
) -> None:
    found = names(seeded, Asked())
    assert len(found) == 5
    for looked_for in ("陈小", "cxy", "chenxiaoyu", "13811112222", "2222", "小雨"):
        assert "陈小雨" in names(seeded, Asked(words=looked_for)), looked_for
    for stranger in ("王", "1381111222", "0000", "%", "13800000000"):
        assert names(seeded, Asked(words=stranger)) == set(), stranger
    guardian = customers.page(seeded, PRINCIPAL, Asked(person=Person.GUARDIAN, words="cjg"))
    assert [(each.listed.name, each.listed.phone) for each in guardian] == [
        ("陈建国", "138****2222")
    ]
    choices = customers.choices(seeded)
    course = next(id_ for id_, name in choices["courses"].items() if name == "少儿英语二级")
    campus = next(id_ for id_, name in choices["campuses"].items() if "海淀" in name)
    in_class = next(id_ for id_, name in choices["classes"].items() if name == "数学三年级周日班")
    assert names(seeded, Asked(course_id=course)) == {"陈小雨"}
    assert names(seeded, Asked(campus_id=campus)) == {"张雨桐"}
    assert names(seeded, Asked(class_group_id=in_class)) == {"陈小宇", "刘子涵"}
    by_child = Asked(person=Person.GUARDIAN, class_group_id=in_class)
    assert names(seeded, by_child) == {"陈建国", "刘敏"}
    assert names(seeded, Asked(has_lessons=True)) == found
    assert names(seeded, Asked(has_lessons=False)) == set()


def test_everybody_sees_their_own_their_campus_or_all(seeded: Session) -> None:
    asked = Asked()
    assert names(seeded, asked, one_of(seeded, "王敏")) == {"陈小宇", "陈小雨", "李想", "刘子涵"}
    assert names(seeded, asked, one_of(seeded, "何伟")) == {"张雨桐"}
    manager = StaffMember(id=99, name="主管", role=Role.CAMPUS_MANAGER, campus_id=None)
    campuses = {name: id_ for id_, name in customers.choices(seeded)["campuses"].items()}
    here = manager.model_copy(update={"campus_id": campuses["海淀校区"]})
    assert names(seeded, asked, here) == {"张雨桐"}
    assert len(names(seeded, asked, manager)) == 5
    nobody = StaffMember(id=98, name="后勤", role=Role.LOGISTICS, campus_id=None)
    assert names(seeded, asked, nobody) == set()
    guardians = Asked(person=Person.GUARDIAN)
    assert names(seeded, guardians, here) == {"张伟"}
    other = customers.page(seeded, PRINCIPAL, Asked(words="李想"))[0].listed.id
    with pytest.raises(NotFound):
        customers.line(seeded, here, other)


def test_classes_follow_from_what_happens_and_are_stored_nowhere(seeded: Session) -> None:
    assert names(seeded, Asked(segment=Segment.NEW)) == names(seeded, Asked(segment=Segment.ACTIVE))
    assert names(seeded, Asked(segment=Segment.AT_RISK)) == set()
    assert "张雨桐" in names(seeded, Asked(segment=Segment.AT_RISK, lessons=999))
    assert names(seeded, Asked(segment=Segment.FORMER)) == set()
    with clock.frozen(clock.now() + timedelta(days=60)):
        assert names(seeded, Asked(segment=Segment.NEW)) == set()
        assert len(names(seeded, Asked(segment=Segment.SILENT))) == 5
        assert names(seeded, Asked(segment=Segment.SILENT, days=90)) == set()
        line = customers.page(seeded, PRINCIPAL, Asked(words="李想"))[0]
        assert line.segments == [Segment.ACTIVE, Segment.SILENT]
        assert line.seats == ["英语三级平日班"]
        assert line.left == 30


def test_tags_are_put_in_bulk_once_and_only_by_whom_they_name(database: str) -> None:
    load()
    with unit_of_work() as session:
        by = one_of(session, "王敏")
        ids = [each.listed.id for each in customers.page(session, by, Asked())]
        open_to_all = tags.keep(
            session, name="重点", colour=Colour.RED, kind=Person.STUDENT, setters=[], by=by
        )
        closed = tags.keep(
            session, name="贵宾", colour=Colour.BLUE, kind=None, setters=[Role.PRINCIPAL], by=by
        )

        def put(tag_id: int, person: Person = Person.STUDENT) -> int:
            return tags.put(session, tag_id=tag_id, person=person, ids=ids, by=by)

        assert [put(open_to_all.id), put(open_to_all.id)] == [len(ids), 0]
        with pytest.raises(NotAllowed):
            put(closed.id)
        with pytest.raises(NotAllowed):
            put(open_to_all.id, Person.GUARDIAN)
        assert len(names(session, Asked(tag_id=open_to_all.id))) == len(ids)
        off = tags.take_off(
            session, tag_id=open_to_all.id, person=Person.STUDENT, ids=ids[:1], by=by
        )
        assert off == 1
        assert len(names(session, Asked(tag_id=open_to_all.id))) == len(ids) - 1
        tags.retire(session, open_to_all.id, by=by)
        tags.retire(session, open_to_all.id, by=by)
        assert names(session, Asked(tag_id=open_to_all.id)) == set()


def test_a_name_that_changes_is_found_by_the_new_one(database: str) -> None:
    with unit_of_work() as session:
        made = students.register(
            session,
            child_name="王小明",
            grade=None,
            guardian_name="王军",
            phone="13812345678",
            openid="o_x",
        )
        session.get_one(Student, made.student_id).name = "赵小明"
        session.get_one(Guardian, made.guardian_id).phone = "13812340000"
    with reading() as session:
        assert names(session, Asked(words="wxm")) == set()
        assert names(session, Asked(words="zxm")) == {"赵小明"}
        assert names(session, Asked(words="0000")) == {"赵小明"}


@pytest.fixture
def app(database: str) -> Flask:
    load()
    return create_app(lambda: None)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_searches_tags_and_goes_on(app: Flask) -> None:
    desk = at_desk(app, Role.PRINCIPAL)
    page = desk.get("/console/customers").text
    assert "陈小宇" in page
    assert "138****2222" in page
    assert "13811112222" not in page
    with counted() as few:
        rows = desk.get("/console/customers?q=lx", **{"HX-Request": "true"}).text
    assert "李想" in rows
    assert "<html" not in rows
    assert "没有找到" in desk.get("/console/customers?q=nobody&segment=x&tag=y").text
    with unit_of_work() as unit:
        for number in range(35):
            students.register(
                unit,
                child_name=f"钱多多{number}",
                grade=None,
                guardian_name="钱进",
                phone=f"139{number:08}",
                openid=f"o_q{number}",
            )
    with counted() as many:
        first = desk.get("/console/customers?q=qdd", **{"HX-Request": "true"}).text
    assert len(many) <= len(few) <= 14
    assert first.count("<tr>") == 31
    onwards = first.partition('href="/console/customers?')[2].partition('"')[0]
    second = desk.get(f"/console/customers?{onwards.replace('&amp;', '&')}").text
    assert second.count("钱多多") == 5
    made = desk.post("/console/customers/tags", name="意向", colour="danger", kind="student")
    assert made.status_code == 303
    assert "意向" in desk.get("/console/customers/tags").text
    assert desk.post("/console/customers/tags", name="", colour="danger").status_code == 422
    put = {"person": "student", "id": "1", "tag": "1", "one": "1"}
    assert desk.post("/console/customers/tagging", **put).headers["Location"].endswith("/1#tags")
    assert "取消「意向」" in desk.get("/students/1").text
    assert desk.post("/console/customers/tagging", **{**put, "id": "9999"}).status_code == 404
    assert desk.get("/students/9999").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_may_not_see_a_student_tags_nobody(app: Flask) -> None:
    desk = at_desk(app, Role.TEACHER)
    assert "没有找到" in desk.get("/console/customers").text
    put = {"person": "student", "id": "1", "tag": "1"}
    assert desk.post("/console/customers/tagging", **put).status_code == 404
    assert desk.get("/console/customers/tags").status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_doubles_are_compared_merged_and_taken_apart_on_their_page(app: Flask) -> None:
    with unit_of_work() as unit:
        made = students.register(
            unit,
            child_name="陈小宇",
            grade=None,
            guardian_name="陈建國",
            phone="13811112222",
            openid="o_again",
        )
    desk = at_desk(app, Role.ACADEMIC)
    assert "没有发现重复" in desk.get("/console/customers/doubles").text
    look_for_doubles()
    page = desk.get("/console/customers/doubles").text
    assert "手机号相同" in page
    pair = f"/console/customers/doubles/guardian/1/{made.guardian_id}"
    side_by_side = desk.get(pair).text
    assert "138****2222" in side_by_side
    assert "微信绑定 1 条" in side_by_side
    other = str(made.guardian_id)
    assert desk.post(pair, keep="1", from_name=other, from_phone="1").status_code == 303
    page = desk.get("/console/customers/doubles").text
    assert "监护关系 1 条" in page
    assert "同一监护人，姓名相同" in page
    with reading() as session:
        assert names(session, Asked(person=Person.GUARDIAN, words="陈建國")) == {"陈建國"}
    assert desk.get(pair).status_code == 404
    assert desk.post("/console/customers/doubles/merges/1/undo").status_code == 303
    assert "手机号相同" in desk.get("/console/customers/doubles").text
    same = desk.post("/console/customers/doubles/student/1/1", keep="1")
    assert "两份不同的档案" in same.text
    assert desk.post("/console/customers/doubles/nobody/1/2").status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_list_leaves_the_house_masked_and_signed_or_for_a_reason(app: Flask) -> None:
    desk = at_desk(app, Role.PRINCIPAL)
    masked = desk.post("/console/customers/export?q=lx")
    lines = list(workbook.rows(masked.data))
    assert "导出人：王小明" in lines[0][0]
    assert [line[1] for line in lines[2:]] == ["李想"]
    assert lines[2][4] == "138****3333"
    assert desk.post("/console/customers/export", in_full="yes", reason="要").status_code == 422
    full = desk.post(
        "/console/customers/export?person=guardian&q=13811113333",
        in_full="yes",
        reason="家长会电话通知",
    )
    assert list(workbook.rows(full.data))[2][2] == "13811113333"
    with reading() as session:
        query = select(AuditEntry.detail).where(AuditEntry.action == "students.exported")
        found = list(session.scalars(query.order_by(AuditEntry.id)))
    assert [(each["count"], each["in_full"]) for each in found] == [(1, False), (1, True)]
    assert found[1]["reason"] == "家长会电话通知"
    assert "13811113333" not in str(found)
    manager = at_desk(app, Role.CAMPUS_MANAGER, phone="13900000078")
    refused = manager.post("/console/customers/export", in_full="yes", reason="家长会电话通知")
    assert refused.status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_workbook_is_uploaded_previewed_confirmed_and_answered(app: Flask) -> None:
    desk = at_desk(app, Role.ACADEMIC)

    def upload(content: bytes, name: str = "名单.xlsx") -> TestResponse:
        page = desk.get("/console/customers/intakes").text
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"csrf_token": token, "file": (BytesIO(content), name)}
        return desk.browser.post(
            "/console/customers/intakes",
            data=form,
            environ_base={"REMOTE_ADDR": desk.address},
        )

    headings = list(workbook.rows(desk.get("/console/customers/intakes/template").data))[1]
    assert headings[0] == "学员姓名*"
    assert "另存为" in upload(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "老.xls").text
    assert "监护人手机" in upload("姓名,电话\n王,1\n".encode("gb18030"), "x.csv").text
    lines = [headings, ["周一一", "", "", "周正", "13855556666", ""], ["", "", "x", "", "1", ""]]
    answer = upload(workbook.written(lines, title="学员"))
    assert answer.status_code == 303
    where = answer.headers["Location"]
    page = desk.get(where).text
    for words in ("新增 1 行", "有误 1 行", "第 3 行「学员姓名」没有填写", "不是11位手机号"):
        assert words in page
    assert desk.post(f"{where}/confirm", known="skip").status_code == 303
    assert "已处理 0 / 2 行" in desk.get(where, **{"HX-Request": "true"}).text
    jobs.run_intake(int(where.rpartition("/")[2]))
    assert "下载每一行的结果" in desk.get(where).text
    result = list(workbook.rows(desk.get(f"{where}/result").data))
    assert [line[7] for line in result[2:]] == ["已新增", "有误，未导入"]
    assert "周一一" in desk.get("/console/customers?q=zyy").text
