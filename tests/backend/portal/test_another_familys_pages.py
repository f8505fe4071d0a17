"""Another family's pages cannot be had by guessing ids, by forwarded links or by sending a request
again (S3, X3)."""

from pathlib import Path

import pytest
from sqlalchemy import text

from backend.kit.config import settings
from backend.kit.db import reading, unit_of_work
from backend.security import queries as security
from backend.security import service
from backend.seed import load
from backend.students.file import exports
from backend.students.schemas import TicketKind
from backend.students.tickets import desk
from bot import jobs as talks
from tests.backend.security.conftest import Site, site, wechat

__all__ = ["site", "wechat"]
OURS = "o_demo_guardian"
OTHERS = ("o_family_li", "o_nobody", "o_demo_logistics")
SECRETS = ("陈小宇", "陈建国", "13811112222", "老师当众吼叫")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_neither_ids_nor_links_nor_requests_of_another_family_open(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    settings.cache_clear()
    load()
    site.app.config["WTF_CSRF_ENABLED"] = False
    with unit_of_work() as session:
        copy = exports.ask(session, security.speaker(session, OURS))
        ticket = desk.open_ticket(
            session, openid=OURS, kind=TicketKind.COMPLAINT, text="老师当众吼叫", source_key="t:1"
        )
    talks.make_export(copy.id)
    own = (
        *("/me/file/1", f"/me/exports/{copy.id}", f"/me/exports/{copy.id}/json"),
        f"/tickets/{ticket.number}/files",
    )
    pdf = f"/me/exports/{copy.id}/pdf"
    of_staff = (
        *("/students/1", f"/tickets/{ticket.number}", "/refunds/1", "/leads/1", "/console/reviews"),
        *("/lessons/1/roll-call", "/console/customers", "/console/audit", "/console/erasures"),
    )
    ours = site.phone(OURS)
    assert all(ours.open(path)[0] == 200 for path in own)
    for openid in OTHERS:
        phone = site.phone(openid)
        for path in (*own, pdf, *of_staff):  # Guessed.
            status, _, page = phone.open(path)
            assert status in (403, 404), f"{openid} {path}: {status}"
            assert not any(secret in page for secret in SECRETS), f"{openid} {path}"
        for path in (*own, pdf, "/me", "/me/looks", "/me/messages", "/lessons/week"):  # Forwarded.
            status, _, page = phone.open(service.personal_link(OURS, path))
            assert status == 403, f"{openid} {path}: {status}"
            assert not any(secret in page for secret in SECRETS), f"{openid} {path}"
        requests: tuple[
            tuple[str, dict[str, str]], ...
        ] = (  # What our own phone sends, sent again from another one.
            ("/me/file/1", {"address": "别处", "grade": "六年级"}),
            (f"/me/exports/{copy.id}", {}),
            ("/console/reviews/1", {"agrees": "yes"}),
            ("/students/1", {"address": "别处"}),
            ("/students/1/looks", {"field": "phone", "reason": "contact", "note": "核对一下"}),
            (f"/tickets/{ticket.number}/resolve", {"text": "好了"}),
            ("/refunds/1/approve", {}),
        )
        for path, form in requests:
            answer = phone.browser.post(path, data=form)
            assert answer.status_code in (403, 404, 405), f"{openid} {path}: {answer.status_code}"
    once = service.personal_link(OURS, "/me", once=True)
    assert ours.open(once)[0] == 200
    assert site.phone("o_family_li").open(once)[0] in (403, 410)
    with reading() as session:
        kept = session.execute(text("SELECT address, grade FROM students_student WHERE id = 1"))
        assert kept.one()[0] is None
        fetched = text(
            "SELECT DISTINCT actor FROM security_audit_entry WHERE action LIKE 'export%'"
        )
        assert set(session.scalars(fetched)) == {f"wechat:{OURS}", "system"}
