"""Attackers on who is who: guessing, replaying, racing, others' ids, old numbers (C4, X3)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.kit import clock, crypto
from backend.kit.db import reading, unit_of_work
from backend.kit.errors import NotAllowed
from backend.outbox import rules as outbox_rules
from backend.outbox.models import OutboxMessage
from backend.outbox.schemas import MessageStuck, Notice
from backend.security import identities, proofs
from backend.security import queries as security
from backend.security import service as staff
from backend.security.models import ProofCode
from backend.security.schemas import Asked, Checked, Proof, Role
from backend.students import bindings, details, freezing, invitations, queries, rules, service
from backend.students.models import Student

NOON = datetime(2026, 11, 25, 12, tzinfo=clock.SHANGHAI)
MINE, THEIRS, NOBODYS = "13812345678", "13912345678", "13712345678"


def _family(session: Session, openid: str, phone: str, child: str) -> tuple[int, int]:
    """A family of ours whose phone was confirmed: guardian, student."""
    made = service.register(
        session,
        child_name=child,
        grade="三年级",
        guardian_name=f"{child}妈",
        phone=phone,
        openid=openid,
    )
    bindings.confirm_phone(session, made.guardian_id)
    return made.guardian_id, made.student_id


def _code(session: Session, openid: str, phone: str, purpose: Proof = Proof.BIND) -> str:
    """Ask for a code, and read it from the SMS."""
    asked = proofs.request(session, openid=openid, purpose=purpose, phone=phone, is_on_file=True)
    assert asked is Asked.SENT
    row = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(1)).one()
    assert (row.openid, row.phone, row.channel) == (None, phone, "sms")
    found = re.search(r"\d{6}", outbox_rules.sentence_of(Notice.model_validate_json(row.payload)))
    assert found
    return found.group()


def _prove(session: Session, openid: str, phone: str, purpose: Proof = Proof.BIND) -> None:
    code = _code(session, openid, phone, purpose)
    checked = proofs.check(session, openid=openid, purpose=purpose, phone=phone, code=code)
    assert checked is Checked.RIGHT


def _try(session: Session, openid: str, phone: str, code: str) -> Checked:
    return proofs.check(session, openid=openid, purpose=Proof.BIND, phone=phone, code=code)


def test_a_code_is_hashed_limited_short_lived_and_good_once(session: Session) -> None:
    with clock.frozen(NOON):
        code = _code(session, "o_me", MINE)
        row = session.scalars(select(ProofCode)).one()
        assert code not in row.digest
        assert MINE not in row.phone_index
        assert _try(session, "o_other", MINE, code) is Checked.DEAD  # Asked for by somebody else.
        assert _try(session, "o_me", THEIRS, code) is Checked.DEAD
        assert _try(session, "o_me", MINE, code) is Checked.RIGHT
        assert _try(session, "o_me", MINE, code) is Checked.DEAD  # Replayed.
    with clock.frozen(NOON + timedelta(minutes=1)):
        late = _code(session, "o_me", MINE)
    with clock.frozen(NOON + timedelta(minutes=6)):
        assert _try(session, "o_me", MINE, late) is Checked.DEAD
        right = _code(session, "o_me", MINE)
        wrong = f"{(int(right) + 1) % 10**6:06d}"
        tried = [_try(session, "o_me", MINE, wrong) for _ in range(5)]
        assert tried == [Checked.WRONG] * 4 + [Checked.DEAD]
        assert _try(session, "o_me", MINE, right) is Checked.DEAD


def test_nobody_can_tell_a_known_phone_from_an_unknown_one(session: Session) -> None:
    def ask(openid: str, phone: str) -> list[Asked]:
        asked = []
        for minutes in (0, 0.5, 2, 4, 6, 8, 10, 12):
            with clock.frozen(NOON + timedelta(minutes=minutes)):
                known = bindings.is_on_file(session, phone)
                asked.append(
                    proofs.request(
                        session, openid=openid, purpose=Proof.BIND, phone=phone, is_on_file=known
                    )
                )
        return asked

    with clock.frozen(NOON):
        _family(session, "o_family", THEIRS, "李想")
    known, unknown = ask("o_prober", THEIRS), ask("o_prober_two", NOBODYS)
    assert known == unknown
    assert known.count(Asked.SENT) == 5
    assert known[1] is Asked.ON_ITS_WAY
    assert known[-1] is Asked.ENOUGH
    assert ask("o_third", THEIRS) == [Asked.ENOUGH] * 8  # A phone is not bombed by many either.
    sent = session.scalars(select(OutboxMessage.phone)).all()
    assert sent.count(NOBODYS) == 0


def test_a_code_that_does_not_arrive_is_read_out_by_nobody(session: Session) -> None:
    staff.hire(session, name="吴芳", role=Role.OFFICE, openid="o_office")
    staff.ask_to_phone(
        session,
        MessageStuck(message_id=1, template="proof_code", recipient_name="", text="验证码1"),
    )
    assert session.scalars(select(OutboxMessage.id)).all() == []


def test_binding_takes_the_proof_of_that_phone_for_that_purpose(session: Session) -> None:
    with clock.frozen(NOON):
        _family(session, "o_family", THEIRS, "李想")
        for purpose, phone in ((Proof.NEW_PHONE, THEIRS), (Proof.BIND, NOBODYS)):
            _prove(session, f"o_{purpose}", phone, purpose)
            with pytest.raises(NotAllowed):
                bindings.bind(session, openid=f"o_{purpose}", phone=THEIRS, name=None, said="")
        _prove(session, "o_me", THEIRS)
        assert bindings.bind(session, openid="o_me", phone=THEIRS, name=None, said="").children == (
            "李想",
        )
        with pytest.raises(NotAllowed):  # The same proof again.
            bindings.bind(session, openid="o_me", phone=THEIRS, name=None, said="")


def test_a_typed_phone_opens_nothing_and_a_stale_one_takes_a_name(session: Session) -> None:
    with clock.frozen(NOON):
        made = service.register(
            session,
            child_name="王一",
            grade=None,
            guardian_name="王妈",
            phone=NOBODYS,  # A slip: the number is somebody else's.
            openid="o_slip",
        )
        _prove(session, "o_owner_of_the_number", NOBODYS)
        done = bindings.bind(
            session, openid="o_owner_of_the_number", phone=NOBODYS, name=None, said=""
        )
        assert (done.children, done.review_id is not None) == ((), True)
        assert security.speaker(session, "o_owner_of_the_number").guardian_id is None
        _family(session, "o_family", THEIRS, "李想")
    later = NOON + rules.REISSUED_AFTER
    with clock.frozen(later):
        _prove(session, "o_recycler", THEIRS)
        for said in ("", "王一"):
            with pytest.raises(bindings.NameMissing):
                bindings.bind(session, openid="o_recycler", phone=THEIRS, name=None, said=said)
        assert security.speaker(session, "o_recycler").guardian_id is None
        _prove(session, "o_recycler", THEIRS, Proof.FREEZE)
        assert freezing.freeze_others(session, openid="o_recycler", phone=THEIRS) == 0
        assert made.guardian_id != security.speaker(session, "o_family").guardian_id


def test_others_children_by_guessed_ids_are_refused(session: Session) -> None:
    with clock.frozen(NOON):
        mine, _ = _family(session, "o_me", MINE, "陈一")
        _, theirs = _family(session, "o_family", THEIRS, "李想")
        with pytest.raises(NotAllowed):
            details.change(
                session,
                openid="o_me",
                field="student.grade",
                after="一年级",
                student_id=theirs,
                source_key="m:1",
            )
        with pytest.raises(NotAllowed):
            invitations.make(session, openid="o_me", student_ids=[theirs])
        with pytest.raises(NotAllowed):
            freezing.freeze_companion(session, openid="o_me", stolen="o_family")
        with pytest.raises(NotAllowed):
            freezing.ask_to_thaw(session, openid="o_me", source_key="m:2")
        _prove(session, "o_me", NOBODYS, Proof.NEW_PHONE)
        with pytest.raises(NotAllowed):  # The old phone was not proven.
            details.change_phone(session, openid="o_me", phone=NOBODYS)
        assert queries.guardian_for_contract(session, mine)[1] == MINE


def test_a_frozen_wechat_speaks_for_nobody_and_hears_nothing(session: Session) -> None:
    account = staff.hire(session, name="刘洋", role=Role.TEACHER, openid="o_wechat")
    assert identities.freeze(session, "o_wechat", by="account:1", reason="被盗")
    assert not identities.freeze(session, "o_wechat", by="account:1", reason="被盗")
    assert security.speaker(session, "o_wechat").is_frozen
    assert not security.speaker(session, "o_wechat").is_known
    assert security.staff_behind(session, "o_wechat") is None
    assert security.recipient_of(session, account.id).openid is None
    assert identities.thaw(session, "o_wechat", by="account:1")
    assert security.speaker(session, "o_wechat").account_id == account.id


def test_only_learners_of_age_bind_by_their_own_phone(session: Session) -> None:
    with clock.frozen(NOON):
        _, student_id = _family(session, "o_family", THEIRS, "李想")
        learner = session.get_one(Student, student_id)
        learner.phone, learner.phone_checked_at = MINE, clock.now()
        learner.phone_index = crypto.blind_index(MINE, context="phone")
        for birth_on, is_found in (
            (None, False),
            (date(2008, 11, 26), False),
            (date(2008, 11, 25), True),
        ):
            learner.birth_on = birth_on
            session.flush()
            assert bool(bindings.claims_of(session, MINE)) is is_found


def test_two_who_answer_one_invitation_at_once_are_not_both_let_in(database: str) -> None:
    with unit_of_work() as session:
        _, student_id = _family(session, "o_me", MINE, "陈一")
        code = invitations.make(session, openid="o_me", student_ids=[student_id])
        for number in (1, 2):
            _prove(session, f"o_guest{number}", f"1370000000{number}", Proof.INVITATION)

    def answer(number: int) -> bool:
        try:
            with unit_of_work() as session:
                invitations.answer(
                    session,
                    openid=f"o_guest{number}",
                    code=code,
                    name="赵敏",
                    phone=f"1370000000{number}",
                )
        except invitations.InvitationGone:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(answer, (1, 2))) == [False, True]
    with unit_of_work() as session:
        assert invitations.decide(session, openid="o_guest1", agrees=True) is None
        assert invitations.decide(session, openid="o_me", agrees=True) == ("赵敏", "陈一")
        assert invitations.decide(session, openid="o_me", agrees=True) is None
    with reading() as session:
        bound = [security.speaker(session, f"o_guest{number}").guardian_id for number in (1, 2)]
        assert sum(each is not None for each in bound) == 1


def test_one_code_typed_twice_at_once_is_right_once(database: str) -> None:
    with unit_of_work() as session:
        code = _code(session, "o_me", MINE)

    def type_it(_: int) -> Checked:
        with unit_of_work() as session:
            return _try(session, "o_me", MINE, code)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(type_it, range(4))).count(Checked.RIGHT) == 1


@pytest.mark.parametrize(
    ("before", "after", "is_spelling"),
    [
        ("陈小雨", "陈晓雨", True),
        ("陈小雨", "李小雨", False),
        ("陈小雨", "陈大羽", False),
        ("", "陈", False),
    ],
)
def test_what_is_only_another_spelling(before: str, after: str, is_spelling: bool) -> None:
    assert rules.is_spelling(before, after) is is_spelling
