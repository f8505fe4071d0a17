"""The student file: derived, masked, unmasked for a reason, read by its own family (S1, S3)."""

import pytest
from flask import Flask
from sqlalchemy import select, text

from backend.app import create_app
from backend.kit import clock, crypto
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.outbox.models import OutboxMessage
from backend.outbox.templates import TEMPLATES
from backend.portal import copying, jobs, service, student
from backend.security import jobs as security_jobs
from backend.security import queries as security
from backend.security.models import AuditEntry
from backend.security.schemas import Role
from backend.seed import load
from backend.students import details as own_details
from backend.students import roster
from backend.students import service as students
from backend.students.file import consents, details, erasures, exports, looks
from backend.students.file.consents import Purpose
from backend.students.file.identity import Field
from backend.students.file.models import Look
from backend.students.file.words import ConsentMissing, DetailWrong, ExportStatus, Reason
from backend.students.models import Guardianship, Student
from backend.students.roster import Wanted
from backend.students.schemas import TicketKind
from backend.students.tickets import analysis, answering
from backend.students.tickets import desk as intake
from backend.teaching import queries as teaching
from backend.teaching.life import leaves
from bot import conversation, inbound
from bot import jobs as talks
from tests.backend.portal.test_desk import at_desk, counted
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
NUMBER = "11010519491231002X"
FAMILY = "o_demo_guardian"
sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def app(database: str) -> Flask:
    load()
    with unit_of_work() as session:
        service.agree(session, openid=FAMILY, purpose=Purpose.HEALTH, way="tap")
        fields = {"id_number": NUMBER, "address": "北京市朝阳区望京西路48号", "school": "望京小学"}
        fields |= {"health_note": "花生过敏", "email": "yu@example.cn"}
        details.change(session, 1, by=f"wechat:{FAMILY}", fields=fields)
    return create_app(lambda: None)


def test_what_is_sensitive_lies_encrypted_and_is_found_again(app: Flask) -> None:
    with reading() as session:
        for column in ("id_number", "address", "health_note", "email"):
            stored = session.execute(text(f"SELECT {column} FROM students_student WHERE id=1"))
            assert crypto.key_id_of(stored.scalar_one()) == crypto.current_key_id()
        assert [each.id for each in roster.students(session, Wanted(words=NUMBER.lower()))] == [1]
        assert roster.students(session, Wanted(words="110105194912310021")) == []
        row = session.get_one(Student, 1)
        assert row.birth_on is not None
        assert (row.id_number, row.health_note) == (NUMBER, "花生过敏")
    with unit_of_work() as session:
        assert details.change(session, 1, by="x", fields={"id_number": NUMBER}) == []
    for wrong in ({"id_number": "110105194912310021"}, {"email": "nobody"}, {"school": "x" * 61}):
        with pytest.raises(DetailWrong), unit_of_work() as session:
            details.change(session, 1, by="x", fields=wrong)


@sqlite_only
def test_a_file_is_masked_until_somebody_says_why(app: Flask) -> None:
    desk = at_desk(app, Role.ACADEMIC)
    page = desk.get("/students/1").text
    secrets = (NUMBER, "望京西路48号", "花生过敏", "13811112222", "yu@example.cn")
    assert "138****2222" in page
    assert "110***********002X" in page
    assert not any(secret in page for secret in secrets)
    for part in ("英语三级平日班", "已付款", "课时", "还没有人查看过", "望京小学"):
        assert part in page
    bare = {"field": "id_number", "reason": "contract", "note": "是"}
    assert desk.post("/students/1/looks", **bare).status_code == 422
    assert (
        desk.post("/students/1/looks", **{**bare, "reason": "", "note": "开票"}).status_code == 422
    )
    assert NUMBER not in desk.get("/students/1").text
    assert desk.post("/students/1/looks", **{**bare, "note": "为家长开具发票"}).status_code == 303
    page = desk.get("/students/1").text
    assert NUMBER in page
    assert "花生过敏" not in page  # Only what was asked for.
    assert 'http-equiv="refresh"' in page
    assert desk.get("/students/1").headers["Cache-Control"] == "no-store"
    assert NUMBER not in desk.get("/students/2").text
    with clock.frozen(clock.now() + looks.SHOWN_FOR):
        assert NUMBER not in desk.get("/students/1").text
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "student.unmasked"))
        (found,) = entry.all()
        assert found.subject == "student:1"
        assert found.detail["fields"] == ["id_number"]
        assert "发票" not in str(
            found.detail
        )  # Words about people can be erased; the trail cannot.
        assert len(session.scalars(select(Look)).all()) == 1


@sqlite_only
def test_a_file_does_not_tell_who_complained_without_a_name(app: Flask) -> None:
    """Neither the row nor the answer that went out, which are the family's own to see."""
    numbers = []
    with unit_of_work() as session:
        head = security.staff_with_role(session, Role.PRINCIPAL)[0]
        for words, is_anonymous in (("教室太热了", False), ("老师骂孩子", True)):
            ticket = intake.open_ticket(
                session,
                openid=FAMILY,
                kind=TicketKind.COMPLAINT,
                text=words,
                source_key=words,
                owner_id=head.id,
                is_anonymous=is_anonymous,
            )
            answering.answer_ticket(
                session, number=ticket.number, account_id=head.id, text="马上处理"
            )
            numbers.append(ticket.number)
        sent = text("UPDATE outbox_message SET status='sent', sent_at=due_at")
        session.execute(sent)
    page = at_desk(app, Role.ACADEMIC).get("/students/1").text
    assert "教室太热了" in page
    assert "老师骂孩子" not in page
    assert numbers[1] not in page
    title = TEMPLATES["ticket_answered"].title
    with reading() as session:
        reader = security.staff_with_role(session, Role.ACADEMIC)[0]
        by_staff = student.file_for_staff(session, 1, reader)
        by_family = student.file_for_family(session, 1, security.speaker(session, FAMILY))
        assert title not in [each.title for each in by_staff.told]
        assert [each.title for each in by_family.told].count(title) == 2
        assert [each.number for each in by_family.tickets or []] == numbers[::-1]
        month = f"{clock.today():%Y-%m}"
        assert analysis.of_month(session, head, month).repeat_tickets == 0
        again = analysis.rows_of(session, head, month, {"repeat": "1"}, before=None)
        assert again.rows == []


@sqlite_only
def test_roles_and_scopes_decide_who_opens_which_file(app: Flask) -> None:
    teacher = at_desk(app, Role.TEACHER)
    assert teacher.get("/students/1").status_code == 404  # Teaches nobody.
    assert "没有找到" in teacher.get("/console/customers").text
    with unit_of_work() as session:
        session.execute(
            text(
                "UPDATE teaching_class_group SET teacher_id=(SELECT max(id) FROM security_account)"
            )
        )
    assert teacher.get("/students/1").status_code == 200
    why = {"reason": "safety", "note": "课前了解过敏情况"}
    assert teacher.post("/students/1/looks", field="phone", **why).status_code == 403
    assert teacher.post("/students/1/looks", field="health_note", **why).status_code == 303
    page = teacher.get("/students/1").text
    assert "花生过敏" in page
    assert NUMBER not in page
    assert teacher.post("/students/1", school="别的小学").status_code == 403
    accountant = at_desk(app, Role.ACCOUNTANT, phone="13900000081")
    assert accountant.get("/students/1").status_code == 200
    assert accountant.post("/students/1/looks", field="phone", **why).status_code == 403
    assert at_desk(app, Role.LOGISTICS, phone="13900000082").get("/students/1").status_code == 403


@sqlite_only
def test_pages_ask_no_more_when_there_is_more(app: Flask) -> None:
    desk = at_desk(app, Role.ACADEMIC)
    with counted() as few:
        desk.get("/console/customers")
        desk.get("/students/1")
    with unit_of_work() as session:
        for number in range(60):
            made = Student(name=f"学员{number:02}", created_at=clock.now())
            session.add(made)
            session.flush()
            session.add(Guardianship(guardian_id=1, student_id=made.id))
        for _ in range(40):
            intake.open_ticket(
                session,
                openid=FAMILY,
                kind=TicketKind.FEEDBACK,
                text="很好",
                source_key=f"test:{_}",
            )
    with counted() as many:
        page = desk.get("/console/customers").text
        desk.get("/students/1")
    assert page.count("<tr>") == 31
    assert "下一页" in page
    assert len(many) <= len(few) + 1 <= 51


@sqlite_only
def test_a_family_reads_its_own_file_and_who_looked(site: Site) -> None:
    load()
    with unit_of_work() as session:
        member = security.staff_with_role(session, Role.ACADEMIC)[0]
        looks.look(
            session,
            student_id=1,
            member=member,
            fields=[Field.PHONE],
            reason=Reason.CONTACT,
            note="通知停课安排",
        )
    phone = site.phone(FAMILY)
    _, _, page = phone.open("/me/file/1")
    assert "13811112222" in page  # Their own number.
    assert "教务 李静" in page
    assert "通知停课安排" in page
    assert "先在" in page  # No health note without its consent.
    assert phone.open("/me/file/3")[0] == 404
    learner = site.phone("o_demo_student").open("/me/file/1")
    assert learner[0] == 200
    assert "138****2222" in learner[2]  # Their guardian's, masked; and nothing to fill in.
    assert "保存" not in learner[2]
    assert site.phone("o_demo_stranger").open("/me/file/1")[0] == 404
    assert "通知停课安排" in phone.open("/me/looks")[2]
    assert "同意管理" in phone.open("/me/consents")[2]
    assert "请先办好这些" in phone.open("/me/erasure")[2]


def test_consents_hold_by_version_and_end_with_what_rests_on_them(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        speaker = security.speaker(session, FAMILY)
        assert consents.may(session, Purpose.CHILD, student_id=1)
        assert not consents.may(session, Purpose.CHILD, student_id=999)
        assert not consents.may(session, Purpose.MEDIA, guardian_id=1)
        assert consents.give(session, speaker, Purpose.MEDIA, way="tap")
        assert not consents.give(session, speaker, Purpose.MEDIA, way="tap")  # Tapped twice.
        old = consents.WORDINGS[Purpose.MEDIA]
        newer = consents.Wording(old.title, "2027-01", "更多", old.stops, old.goes_on)
        monkeypatch.setattr(consents, "WORDINGS", {**consents.WORDINGS, Purpose.MEDIA: newer})
        assert not consents.may(session, Purpose.MEDIA, student_id=1)
        stands = {each.purpose: each for each in consents.standings(session, speaker)}
        assert stands[Purpose.MEDIA].is_outdated
        assert consents.give(session, speaker, Purpose.MEDIA, way="chat")
        assert consents.may(session, Purpose.MEDIA, student_id=1)
        assert service.withdraw(session, openid=FAMILY, purpose=Purpose.HEALTH, way="tap")
        assert session.get_one(Student, 1).health_note is None
        assert not service.withdraw(session, openid=FAMILY, purpose=Purpose.HEALTH, way="tap")
    with pytest.raises(ConsentMissing), unit_of_work() as session:
        details.change(session, 1, by="account:4", fields={"health_note": "哮喘"})


def other_parent() -> None:
    """A mother of the first child, with a phone and an address of her own."""
    with unit_of_work() as session:
        made = students.register(
            session,
            child_name="别的孩子",
            grade=None,
            guardian_name="王芳",
            phone="13711110000",
            openid="o_mother",
        )
        session.add(Guardianship(guardian_id=made.guardian_id, student_id=1))


@sqlite_only
def test_a_copy_holds_ones_own_and_not_the_other_parents(app: Flask) -> None:
    other_parent()
    with reading() as session:
        hers = copying.as_json(
            copying.copy_for(session, security.speaker(session, "o_mother"))
        ).decode()
        nobodys = copying.as_json(
            copying.copy_for(session, security.speaker(session, "o_nobody"))
        ).decode()
    assert "陈小宇" in hers
    assert NUMBER in hers
    assert "13711110000" in hers
    for his in ("13811112222", "138****2222", FAMILY, "陈小雨"):
        assert his not in hers
    assert "陈" not in nobodys


@sqlite_only
def test_a_copy_holds_what_one_wrote_left_and_changed(app: Flask) -> None:
    other_parent()
    with unit_of_work() as session:
        for openid, words in ((FAMILY, "明天有课吗"), ("o_mother", "他爸爸还欠钱吗")):
            incoming = inbound.Incoming(
                account="gh_1", openid=openid, sent_at=clock.now(), kind=inbound.Kind.TEXT,
                text=words, dedupe_key=f"copy:{openid}",
            )  # fmt: skip
            conversation.receive(session, incoming)
        (lesson,) = teaching.lessons_of_students(session, [1], from_at=clock.now(), limit=1)
        leaves.ask(
            session, student_id=1, lesson_id=lesson.id, words="发烧了", by=f"wechat:{FAMILY}"
        )
        own_details.change(
            session, openid=FAMILY, field="student.school", after="南湖小学", student_id=1,
            source_key="copy:1",
        )  # fmt: skip
    found = {}
    with reading() as session:
        for openid in (FAMILY, "o_mother"):
            said = conversation.said_by(session, openid)
            found[openid] = copying.copy_for(session, security.speaker(session, openid), said=said)
    his, hers = found[FAMILY], found["o_mother"]
    assert [each["text"] for each in his["messages"]] == ["明天有课吗"]
    assert [each["text"] for each in hers["messages"]] == ["他爸爸还欠钱吗"]
    assert [(each["what"], each["after"]) for each in his["changes"]] == [("学校", "南湖小学")]
    assert hers["changes"] == []
    (his_leave,) = his["children"][0]["leaves"]
    assert (his_leave["words"], his_leave["class"]) == ("发烧了", lesson.class_name)
    assert [leave["words"] for each in hers["children"] for leave in each["leaves"]] == [""]
    assert copying.as_pdf(his).startswith(b"%PDF-")


@sqlite_only
def test_a_copy_is_made_once_and_fetched_by_its_requester_only(site: Site) -> None:
    load()
    with unit_of_work() as session:
        family = security.speaker(session, FAMILY)
        asked = exports.ask(session, family)
        assert exports.ask(session, family).id == asked.id
    with pytest.raises(NotFound), unit_of_work() as session:
        exports.fetched(session, asked.id, family, form="pdf")  # Not made yet.
    talks.make_export(asked.id)
    talks.make_export(asked.id)
    with unit_of_work() as session:
        pdf = exports.fetched(session, asked.id, family, form="pdf")
        assert pdf.startswith(b"%PDF-")
        told = select(OutboxMessage).where(OutboxMessage.template == "export_ready")
        (letter,) = session.scalars(told).all()
        assert letter.openid == FAMILY
    path = f"/me/exports/{asked.id}"
    phone = site.phone(FAMILY)
    assert "下载" in phone.open(path)[2]
    assert phone.open(f"{path}/json")[0] == 200
    thief = site.phone("o_family_li")
    assert thief.open(path)[0] == 404
    assert thief.open(f"{path}/json")[0] == 404
    other = family.model_copy(update={"guardian_id": 2})  # Bound to another family since.
    with pytest.raises(NotFound), unit_of_work() as session:
        exports.fetched(session, asked.id, other, form="json")
    with reading() as session:
        fetched = select(AuditEntry.actor).where(AuditEntry.action == "export.fetched")
        assert set(session.scalars(fetched)) == {f"wechat:{FAMILY}"}
    with clock.frozen(clock.now() + exports.KEPT_FOR):
        jobs.tend_exports()
        jobs.tend_exports()
        with reading() as session:
            found = exports.export_for(session, asked.id, family)
    assert (found.status, found.json_name, found.pdf_name) == (ExportStatus.FORGOTTEN, None, None)


@sqlite_only
def test_the_console_decides_erasures_and_shows_the_keys(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        session.execute(text("UPDATE finance_hour_entry SET lessons = 0"))
        session.execute(text("UPDATE teaching_enrollment SET status = 'ended'"))
        asked = erasures.ask(session, security.speaker(session, FAMILY))
    officer = at_desk(app, Role.SECURITY)
    assert f"DEL{asked.id:06d}" in officer.get("/console/erasures").text
    path = f"/console/erasures/{asked.id}"
    assert officer.post(path, decision="refuse", note="").status_code == 422
    assert officer.post(path, decision="refuse", note="退费未到账").status_code == 303
    assert officer.post(path, decision="approve").status_code == 422  # Decided is decided.
    assert "退费未到账" in officer.get("/console/erasures").text
    assert "目前不需要轮换" in officer.get("/console/keys").text
    monkeypatch.setenv("BLIND_INDEX_KEY", "another")
    monkeypatch.setenv("BLIND_INDEX_KEY_PREVIOUS", "local-only-secret")
    settings.cache_clear()
    assert "开始轮换" in officer.get("/console/keys").text
    assert officer.post("/console/keys").status_code == 303
    assert officer.post("/console/keys").status_code == 303
    assert "已处理 0 /" in officer.get("/console/keys").text
    security_jobs.go_on_rotating()
    security_jobs.rotate_keys()
    assert "现在可以从配置里移除旧密钥" in officer.get("/console/keys").text
    with reading() as session:
        assert len(roster.students(session, Wanted(words="13811112222"))) == 2
        begun = select(AuditEntry).where(AuditEntry.action.startswith("keys."))
        assert [each.action for each in session.scalars(begun.order_by(AuditEntry.id))] == [
            "keys.rotation_begun",
            "keys.rotated",
        ]
