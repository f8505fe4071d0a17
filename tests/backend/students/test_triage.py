"""What a ticket is about, how bad it is, who answers for it: a table of sentences (S8)."""

import pytest

from backend.security.schemas import Role
from backend.students.schemas import Severity, TicketCategory, TicketKind
from backend.students.tickets import triage

C, S = TicketCategory, Severity


@pytest.mark.parametrize(
    ("text", "category", "severity"),
    [
        ("老师迟到了三次", C.TEACHING, S.NORMAL),
        ("乱收费，多扣了两节课的钱", C.MONEY, S.NORMAL),
        ("教室空调坏了", C.VENUE, S.NORMAL),
        ("前台态度太差", C.SERVICE, S.NORMAL),
        ("我很不高兴", C.OTHER, S.NORMAL),
        ("老师体罚孩子，罚站一节课", C.SAFETY, S.CRITICAL),
        ("上课时孩子受伤了没人管", C.SAFETY, S.CRITICAL),
        ("老师辱骂学生", C.SAFETY, S.SERIOUS),
        ("一直不退费，我要去消协", C.MONEY, S.SERIOUS),
    ],
)
def test_what_it_is_about(text: str, category: TicketCategory, severity: Severity) -> None:
    assert triage.category_of(text) is category
    assert triage.severity_of(text, TicketKind.COMPLAINT) is severity


def test_a_suggestion_is_minor_unless_it_is_not() -> None:
    assert triage.severity_of("希望多放点书", TicketKind.FEEDBACK) is S.MINOR
    assert triage.severity_of("楼梯有安全隐患", TicketKind.FEEDBACK) is S.SERIOUS


@pytest.mark.parametrize("category", list(C))
@pytest.mark.parametrize("severity", list(S))
def test_somebody_answers_for_everything(category: TicketCategory, severity: Severity) -> None:
    roles = triage.responsible_roles(category, severity)
    assert roles[0] is Role.PRINCIPAL if severity is S.CRITICAL else Role.PRINCIPAL is roles[-1]
    assert len(roles) == len(set(roles))


@pytest.mark.parametrize("kind", list(TicketKind))
def test_worse_is_sooner_and_the_answer_comes_before_the_end(kind: TicketKind) -> None:
    budgets = [triage.budgets_of(kind, s) for s in (S.CRITICAL, S.SERIOUS, S.NORMAL, S.MINOR)]
    responses = [respond for respond, _ in budgets]
    assert responses == sorted(responses)
    assert all(respond < resolve for respond, resolve in budgets)


@pytest.mark.parametrize(
    ("said", "category", "severity"),
    [
        ("收费 严重", C.MONEY, S.SERIOUS),
        ("紧急", None, S.CRITICAL),
        ("教学", C.TEACHING, None),
        ("随便", None, None),
    ],
)
def test_a_correction_is_read(
    said: str, category: TicketCategory | None, severity: Severity | None
) -> None:
    assert triage.correction_in(said) == (category, severity)
