"""Codes: one for each thing, made by the real sandbox; scans tell where leads come from (A13)."""

from collections import defaultdict
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from backend.admissions import service as admissions
from backend.admissions.models import Lead
from backend.kit import clock, events
from backend.kit.db import reading, unit_of_work
from backend.security import codes, queries, service
from backend.security.schemas import CodeKind, CodeScanned
from tests.backend.security.conftest import Site


def test_a_permanent_code_is_made_once_and_can_be_printed(site: Site) -> None:
    made = codes.make(CodeKind.CLASS, "3", label="英语三级周六班")
    assert codes.make(CodeKind.CLASS, "3", label="英语三级周六班") == made
    assert (made.scene, made.expires_at) == ("class_3", None)
    picture = httpx.get(made.image_url or "")
    assert picture.headers["Content-Type"] == "image/png"
    # What is permanent stays so, or the printed one would end.
    again = codes.make(CodeKind.CLASS, "3", label="英语三级周六班", lasts=timedelta(days=7))
    assert again.expires_at is None


def test_a_temporary_code_is_renewed_near_its_end_and_may_become_permanent(site: Site) -> None:
    made = codes.make(CodeKind.CAMPAIGN, "spring", label="春季招新", lasts=timedelta(days=7))
    assert made.expires_at is not None
    with clock.frozen(clock.now() + timedelta(days=3)):
        same = codes.make(CodeKind.CAMPAIGN, "spring", label="春季招新", lasts=timedelta(days=7))
    assert same.url == made.url
    with clock.frozen(clock.now() + timedelta(days=6, hours=12)):
        renewed = codes.make(CodeKind.CAMPAIGN, "spring", label="春季", lasts=timedelta(days=7))
    assert renewed.url != made.url
    assert renewed.scene == made.scene
    assert codes.make(CodeKind.CAMPAIGN, "spring", label="春季招新").expires_at is None


@pytest.mark.parametrize(
    ("subject", "days"), [("a" * 25, None), ("", None), ("大众点评", None), ("dianping", 31)]
)
def test_what_the_platform_would_refuse_is_refused_before(
    site: Site, subject: str, days: int | None
) -> None:
    lasts = timedelta(days=days) if days else None
    with pytest.raises(codes.CodeRefused):
        codes.make(CodeKind.CHANNEL, subject, label="渠道", lasts=lasts)
    with reading() as session:
        assert queries.codes(session) == []


def lead_of(openid: str) -> tuple[str, str | None]:
    with reading() as session:
        row = session.scalars(select(Lead).where(Lead.openid == openid)).one()
        return row.source, row.last_source


def test_a_lead_remembers_its_first_and_its_last_touch(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_listeners", defaultdict(list))
    events.listen(CodeScanned, admissions.touched)
    for kind, subject in ((CodeKind.CHANNEL, "dianping"), (CodeKind.CAMPAIGN, "spring")):
        codes.make(kind, subject, label=subject)
    codes.make(CodeKind.CLASS, "3", label="英语三级周六班")
    with unit_of_work() as session:
        service.note_scan(session, "o_mother", "channel_dianping")
        service.note_scan(session, "o_mother", "class_3")
        assert service.note_scan(session, "o_mother", "last_trade_no_1") is None
        admissions.open_lead(session, openid="o_mother", interest="英语")
        admissions.open_lead(session, openid="o_father", interest="数学")
    assert lead_of("o_mother") == ("channel:dianping", "channel:dianping")
    assert lead_of("o_father") == ("wechat", None)
    with unit_of_work() as session:
        service.note_scan(session, "o_mother", "campaign_spring")
        service.note_scan(session, "o_mother", "class_3")
    assert lead_of("o_mother") == ("channel:dianping", "campaign:spring")
