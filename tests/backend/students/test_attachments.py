"""What people send: fetched from the real sandbox, kept, shown to whom it concerns, forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from backend.kit import clock, files
from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotFound
from backend.logistics import service as logistics
from backend.outbox.models import OutboxMessage
from backend.security import service as security
from backend.security.schemas import Role, Speaker
from backend.students import attachments, jobs
from backend.students.models import Attachment
from backend.students.schemas import AttachmentKind, AttachmentStatus, Purpose, TicketKind
from backend.students.ticket_models import Ticket
from backend.students.tickets import desk
from tests.backend.security.conftest import Site, site, wechat
from tests.backend.security.desks import Desktop, colleague

__all__ = ["site", "wechat"]
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 100
MOTHER = "o_mother"


@pytest.fixture(autouse=True)
def own_disk(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "var_dir", tmp_path)


def uploaded(content: bytes, kind: str = "image") -> str:
    """Bytes that lie at WeChat; their media id."""
    api = settings().wechat_api_url
    body = {
        "grant_type": "client_credential",
        "appid": settings().wechat_appid,
        "secret": settings().wechat_secret.get_secret_value(),
    }
    token = httpx.post(f"{api}/cgi-bin/stable_token", json=body).json()["access_token"]
    name = {"image": "a.jpg", "video": "a.mp4", "voice": "a.amr"}[kind]
    answer = httpx.post(
        f"{api}/cgi-bin/media/upload",
        params={"access_token": token, "type": kind},
        files={"media": (name, content)},
    )
    return str(answer.json()["media_id"])


def sent(
    media_id: str, *, kind: AttachmentKind = AttachmentKind.IMAGE, ticket_id: int | None = None
) -> int:
    """The message is written down; its attachment's id."""
    with unit_of_work() as session:
        return attachments.receive(
            session,
            openid=MOTHER,
            kind=kind,
            media_id=media_id,
            purpose=Purpose.UNKNOWN,
            source_key=f"wechat:{media_id}",
            ticket_id=ticket_id,
        ).id


def complained(text: str = "老师总是迟到") -> tuple[int, str]:
    with unit_of_work() as session:
        ticket = desk.open_ticket(
            session, openid=MOTHER, kind=TicketKind.COMPLAINT, text=text, source_key=text
        )
        return ticket.id, ticket.number


@contextmanager
def row_of(attachment_id: int) -> Iterator[Attachment]:
    with reading() as session:
        yield session.get_one(Attachment, attachment_id)


def notices(template: str) -> int:
    """How many notices of a template are on their way."""
    with reading() as session:
        found = session.scalars(select(OutboxMessage.id).where(OutboxMessage.template == template))
        return len(found.all())


def test_a_picture_is_fetched_once_and_kept(site: Site) -> None:
    number = sent(uploaded(JPEG))
    assert sent("again") != number
    jobs.fetch_attachment(number)
    with row_of(number) as row:
        assert (row.status, row.content_type) == (AttachmentStatus.KEPT, "image/jpeg")
        assert (row.size_bytes, row.due_at, row.attempts) == (len(JPEG), None, 1)
        assert files.read(row.file_name or "") == JPEG
    jobs.fetch_attachment(number)
    with row_of(number) as row:
        assert row.attempts == 1


def test_a_video_comes_by_way_of_its_address(site: Site) -> None:
    video = b"\x00\x00\x00\x18ftypmp42" + b"frame" * 50
    number = sent(uploaded(video, "video"), kind=AttachmentKind.VIDEO)
    jobs.fetch_attachment(number)
    with row_of(number) as row:
        assert row.content_type == "video/mp4"
        assert files.read(row.file_name or "") == video


@pytest.mark.parametrize("content", [b"<html><script>alert(1)</script>", b"\xff\xd8"])
def test_what_is_no_picture_is_refused_and_the_sender_asked_again(
    site: Site, content: bytes
) -> None:
    number = sent(uploaded(content))
    jobs.fetch_attachment(number)
    with row_of(number) as row:
        assert (row.status, row.file_name, row.due_at) == (AttachmentStatus.REFUSED, None, None)
    assert notices("attachment_lost") == 1


def test_what_the_platform_no_longer_has_is_lost_and_said(site: Site) -> None:
    number = sent("no-such-media")
    jobs.fetch_attachment(number)
    jobs.fetch_attachment(number)
    with row_of(number) as row:
        assert row.status == AttachmentStatus.LOST
    assert notices("attachment_lost") == 1


def test_an_outage_is_waited_out_and_a_crash_costs_a_minute(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sent(uploaded(JPEG))
    with unit_of_work() as session:
        assert attachments.lease(session, number) is not None  # Here a worker is killed.
    with reading() as session:
        assert attachments.due_ids(session) == []
    with clock.frozen(clock.now() + attachments.LEASE), reading() as session:
        assert attachments.due_ids(session) == [number]
    with clock.frozen(clock.now() + attachments.LEASE):
        jobs.fetch_attachment(number)
    with row_of(number) as row:
        assert row.status == AttachmentStatus.KEPT


def test_downloads_that_keep_failing_are_given_up_after_three_days(site: Site) -> None:
    number = sent(uploaded(JPEG))
    with clock.frozen(clock.now() + timedelta(days=3)), unit_of_work() as session:
        row = attachments.lease(session, number)
        assert row is not None
        attachments.try_again(session, row)
        assert (row.status, row.due_at) == (AttachmentStatus.LOST, None)
    with reading() as session:
        assert attachments.due_ids(session) == []


def test_a_ticket_takes_along_what_was_just_sent_and_gets_what_follows(site: Site) -> None:
    with unit_of_work() as session:
        security.hire(session, name="主管", role=Role.CAMPUS_MANAGER, openid="o_boss")
    before, ticket = sent("m-before"), complained("环境太差")
    after = sent("m-after", ticket_id=ticket[0])
    with reading() as session:
        found = attachments.readable_of_ticket(session, ticket[1], reader=Speaker(openid=MOTHER))
        assert [each.id for each in found] == [before, after]
        assert {each.purpose for each in found} == {Purpose.EVIDENCE}
        assert attachments.open_ticket_number(session, MOTHER) == ticket
        assert attachments.open_ticket_number(session, "o_other") is None
    assert notices("attachments_added") == 2


def test_only_whom_it_concerns_sees_an_attachment(site: Site) -> None:
    with unit_of_work() as session:
        security.hire(session, name="教务", role=Role.ACADEMIC, openid="o_owner")
        security.hire(session, name="校长", role=Role.PRINCIPAL, openid="o_head")
        security.hire(session, name="顾问", role=Role.ADVISOR, openid="o_advisor")
    ticket_id, ticket = complained()
    number = sent(uploaded(JPEG), ticket_id=ticket_id)
    jobs.fetch_attachment(number)
    with reading() as session:
        owner = session.get_one(Ticket, ticket_id).owner_id
    assert owner is not None
    for openid, status in (
        (MOTHER, 200),
        ("o_owner", 200),
        ("o_head", 200),
        ("o_advisor", 404),
        ("o_stranger", 404),
    ):
        phone = site.phone(openid)
        assert phone.open(f"/tickets/{ticket}/files")[0] == status, openid
        picture = phone.browser.get(f"/attachments/{number}")
        assert picture.status_code == status, openid
        if status == 200:
            assert picture.data == JPEG
            assert picture.headers["Content-Security-Policy"].startswith("sandbox")
            assert picture.headers["X-Content-Type-Options"] == "nosniff"


def test_what_is_taken_back_leaves_the_disk(site: Site, tmp_path: Path) -> None:
    loose, joined = sent(uploaded(JPEG)), sent(uploaded(JPEG + b"2"))
    for number in (loose, joined):
        jobs.fetch_attachment(number)
    ticket_id, _ = complained()
    with unit_of_work() as session:
        session.get_one(Attachment, loose).ticket_id = None
        assert session.get_one(Attachment, joined).ticket_id == ticket_id
        assert attachments.withdraw(session, openid=MOTHER, only_loose=True) == 1
    jobs.fetch_attachment(loose)
    with row_of(loose) as row:
        assert (row.status, row.file_name, row.media_id) == (AttachmentStatus.WITHDRAWN, None, "")
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert len(kept) == 1
    with unit_of_work() as session:
        assert attachments.withdraw(session, openid=MOTHER) == 1
    jobs.fetch_attachment(joined)
    assert not any(path.is_file() for path in (tmp_path / "files").rglob("*"))


def test_staff_at_their_console_see_what_belongs_to_a_ticket(site: Site) -> None:
    """Who answers from a desk has no WeChat in that browser; who has nothing to do with it sees
    nothing."""
    manager = colleague(Role.CAMPUS_MANAGER, phone="13900000081")
    other = colleague(Role.LOGISTICS, phone="13900000082")
    _, number = complained()
    path = f"/tickets/{number}/files"
    desk, elsewhere = Desktop(site.app), Desktop(site.app)
    assert desk.get(path).headers["Location"].startswith("/oauth/start")
    desk.sign_in(manager)
    elsewhere.sign_in(other)
    assert (desk.get(path).status_code, elsewhere.get(path).status_code) == (200, 404)


def test_managers_of_another_campus_do_not_see_what_belongs_to_a_ticket(site: Site) -> None:
    """Also where the one who has it belongs to no campus."""
    with unit_of_work() as session:
        here, there = (
            logistics.open_campus(session, name=f"{name}校区", address="路1号").id
            for name in ("东", "西")
        )
        owner = security.hire(session, name="周会", role=Role.ACCOUNTANT).id
        managers = [
            security.hire(session, name=f"主管{n}", role=Role.CAMPUS_MANAGER, campus_id=campus_id)
            for n, campus_id in enumerate((here, there))
        ]
        ticket = desk.open_ticket(
            session,
            openid=MOTHER,
            kind=TicketKind.COMPLAINT,
            text="东校区多收了钱",
            source_key="east",
            owner_id=owner,
        )
        readers = [
            Speaker(openid="", account_id=each.id, role=Role.CAMPUS_MANAGER) for each in managers
        ]
        assert attachments.readable_of_ticket(session, ticket.number, reader=readers[0]) == []
        with pytest.raises(NotFound):
            attachments.readable_of_ticket(session, ticket.number, reader=readers[1])
