"""Plays every transcript: what is said, what is answered, what is then true.

A transcript is a YAML file: `clauses` it proves, `story` in a sentence, `steps` one after the
other (`Player` has a method for each). `hear` and `never` list what an answer must and must not
hold (`/…/` is a pattern); `keep` names a pattern whose match later steps insert as `{name}`. WHO is
a role of the sandbox's cast or an openid.
"""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text as sql

from backend.admissions import jobs
from backend.admissions.intake import arriving, referring
from backend.admissions.referrals import jobs as referrals
from backend.admissions.waitlist import jobs as waitlist
from backend.app import create_app
from backend.finance.arrears import jobs as arrears_jobs
from backend.finance.prices import changes
from backend.finance.prices.drafts import DRAFT
from backend.finance.schemas import PaymentAttempt
from backend.kit import clock
from backend.kit.db import unit_of_work
from backend.reminders import jobs as reminders
from backend.security import queries as staff
from backend.security import service as security
from backend.security.schemas import Role
from backend.students import details
from backend.teaching import queries as teaching
from backend.teaching.homework import handing
from backend.teaching.homework.schemas import Grade
from backend.teaching.scores import entering
from backend.teaching.scores.schemas import Entered
from backend.web.sign_in import SIGN_IN_PATH
from tests.dialogues.stage import Stage, openid_of

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.yml"))
NAMES = [path.stem for path in TRANSCRIPTS]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Player:
    """Plays the steps of one transcript on a stage. A step's first key names the method."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.kept: dict[str, str] = {}
        self.attempts: dict[str, PaymentAttempt] = {}
        self.site: Flask | None = None

    def play(self, step: dict[str, Any]) -> None:
        verb, value = next(iter(step.items()))
        getattr(self, verb)(value, step)

    def say(self, line: str, step: dict[str, Any]) -> None:
        """`WHO | TEXT`: a text message."""
        who, _, words = line.partition(" | ")
        self._check(self.stage.say(who, self._filled(words)), step)

    def do(self, line: str, step: dict[str, Any]) -> None:
        """`WHO | subscribe`, `WHO | CLICK:key`: an event."""
        who, _, event = line.partition(" | ")
        self._check(self.stage.do(who, event), step)

    def picture(self, line: str, step: dict[str, Any]) -> None:
        """`WHO | ID`: a picture."""
        who, _, media_id = line.partition(" | ")
        self._check(self.stage.picture(who, media_id), step)

    def mark(self, child: str, step: dict[str, Any]) -> None:
        """The teacher who set the latest homework says how a child's was."""
        with unit_of_work() as session:
            hand_in_id, teacher_id = session.execute(
                sql(
                    "SELECT h.id, w.teacher_id FROM teaching_hand_in h"
                    " JOIN teaching_homework w ON w.id = h.homework_id"
                    " JOIN students_student s ON s.id = h.student_id WHERE s.name = :name"
                ),
                {"name": child},
            ).one()
            handing.comment(
                session,
                hand_in_id=hand_in_id,
                member=staff.staff_members(session, {teacher_id})[teacher_id],
                grade=Grade(step["grade"]),
                words=step["words"],
            )

    def score(self, name: str, step: dict[str, Any]) -> None:
        """The teacher of a `class` enters `marks` of a test of a `day`, publishes twice."""
        with unit_of_work() as session:
            class_id, teacher_id = session.execute(
                sql("SELECT id, teacher_id FROM teaching_class_group WHERE name = :name"),
                {"name": step["class"]},
            ).one()
            member = staff.staff_members(session, {teacher_id})[teacher_id]
            held = entering.hold(
                session, class_group_id=class_id, name=name, held_on=step["day"], full_mark=100,
                member=member, source_key=f"played:{name}",
            )  # fmt: skip
            query = sql("SELECT id FROM students_student WHERE name = :name")
            marks = [
                Entered(student_id=session.scalar(query, {"name": child}), mark=str(mark))
                for child, mark in step["marks"].items()
            ]
            entering.enter(session, exam_id=held.id, marks=marks, member=member)
            for _twice in range(2):
                entering.publish(session, exam_id=held.id, member=member)

    def open(self, who: str, step: dict[str, Any]) -> None:
        """WHO taps the link shown to them last, or (`link_of`) to somebody else; what posts as soon
        as it is open in a browser is posted."""
        path = self._path_shown_to(step.get("link_of", who))
        client = self._client()
        with client.session_transaction() as cookie:  # As WeChat signs in silently.
            cookie["wechat"] = {"openid": openid_of(who), "until": time.time() + 600}
        page = client.get(path, follow_redirects=True)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        if token and ".submit()" in page.text:
            page = client.post(path, data={"csrf_token": token.group(1)})
        self._check(page.text, step)

    def look(self, who: str, step: dict[str, Any]) -> None:
        """Anybody who got hold of the link shown to WHO opens it."""
        self._check(self._client().get(self._path_shown_to(who)).text, step)

    def look_altered(self, who: str, _step: dict[str, Any]) -> None:
        """The same link with one character changed is refused."""
        path = self._path_shown_to(who)
        altered = path[:-6] + ("A" if path[-6] != "A" else "B") + path[-5:]
        assert self._client().get(altered).status_code == 403

    def pay(self, who: str, step: dict[str, Any]) -> None:
        """WHO pays their newest order, and the platform reports it."""
        self.begin_paying(who, step)
        self.pay_begun(who, step)

    def begin_paying(self, who: str, _step: dict[str, Any]) -> None:
        self.attempts[who] = self.stage.begin_paying(who)

    def pay_begun(self, who: str, step: dict[str, Any]) -> None:
        """The platform reports the payment, for the first time or again."""
        self._check(str(self.stage.report_paid(self.attempts[who]).status), step)

    pay_again = pay_begun

    def wait(self, by: dict[str, float], _step: dict[str, Any]) -> None:
        """Time passes: `{hours: 20}`."""
        self.stage.pass_time(timedelta(**by))

    def at(self, moment: str, _step: dict[str, Any]) -> None:
        """It is `2026-11-25 21:00` in Shanghai."""
        self.stage.set_clock(datetime.fromisoformat(moment).replace(tzinfo=clock.SHANGHAI))

    def tend(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's job looks at the talks that people lead, so many times in a row."""
        for _ in range(times):
            self.stage.tend_talks()

    def nudge(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's job looks for calls that were not made, so many times in a row."""
        for _ in range(times):
            jobs.nudge_callbacks()

    def remind(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's jobs see to reminders that are promised, and tell those that are due."""
        for _ in range(times):
            jobs.keep_trial_reminders()
            reminders.tell_due()

    def pass_seats_on(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's job looks at offered and free seats that somebody waits for."""
        for _ in range(times):
            waitlist.tend()

    def thank(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's job rewards those whose friends have stayed, so many times in a row."""
        self.stage.pushes()
        for _ in range(times):
            referrals.reward_due()

    def befriend(self, line: str, _step: dict[str, Any]) -> None:
        """`WHO | PHONE`: a friend fills in the form behind WHO's own link."""
        who, _, phone = line.partition(" | ")
        with unit_of_work() as session:
            guardian_id = staff.speaker(session, openid_of(who)).guardian_id or 0
            source = referring.source_of(referring.code_of(guardian_id)) or ""
            coming = arriving.Arrived(
                way="form", source=source, key=f"form:{phone}", customer="王妈妈", phone=phone,
                interest="英语",
            )  # fmt: skip
            arriving.arrive(session, coming)

    def tend_leads(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's job looks at the leads, so many times in a row."""
        for _ in range(times):
            jobs.tend_leads()

    def close_orders(self, _: None, _step: dict[str, Any]) -> None:
        """The clock's job closes what was not paid in time."""
        self.stage.close_expired_orders()

    def fill(self, class_name: str, step: dict[str, Any]) -> None:
        """Strangers take all seats of a class `but` so many."""
        self.stage.fill_class(class_name, but=step["but"])

    def hire(self, name: str, step: dict[str, Any]) -> None:
        """A new colleague with a `role` and an `openid`."""
        with unit_of_work() as session:
            security.hire(session, name=name, role=Role(step["role"]), openid=step["openid"])

    def pushed(self, wanted: dict[str, list[str]], _step: dict[str, Any]) -> None:
        """Since the last look exactly these people were told, and these texts among it."""
        got: dict[str, str] = {}
        for openid, words in self.stage.pushes():
            got[openid] = f"{got.get(openid, '')}\n{words}"
        assert set(got) == {openid_of(who) for who in wanted}, got
        for who, texts in wanted.items():
            for text in texts:
                assert _holds(got[openid_of(who)], self._filled(text)), (text, got)

    def sms(self, phone: str, step: dict[str, Any]) -> None:
        """The latest SMS to a phone; `count` is how many there have been."""
        texts = self.stage.texts_to(str(phone))
        if "count" in step:
            assert len(texts) == step["count"], texts
        self._check(texts[-1] if texts else "", step)

    def change(self, statements: list[str], _step: dict[str, Any]) -> None:
        """Something happens elsewhere in the house."""
        with unit_of_work() as session:
            for statement in statements:
                session.execute(sql(statement))

    def review(self, wanted: dict[str, Any], _step: dict[str, Any]) -> None:
        """The academic office decides the waiting change of a `field`."""
        with unit_of_work() as session:
            by = staff.staff_with_role(session, Role.ACADEMIC)[0]
            found = [each for each in details.waiting(session) if each.field == wanted["field"]]
            details.decide(session, found[-1].id, by=by, agrees=wanted["agrees"])

    def dun(self, times: int, _step: dict[str, Any]) -> None:
        """The clock's job looks for instalments that are due, so many times in a row."""
        self.stage.pushes()
        for _ in range(times):
            arrears_jobs.dun()

    def reprice(self, facts: dict[str, Any], _step: dict[str, Any]) -> None:
        """The accountant proposes a price or a promotion and the principal approves it: the fields
        of a draft, with the `course` by its name, from today on."""
        with unit_of_work() as session:
            course = facts.pop("course", None)
            if course is not None:
                facts["course_id"] = teaching.catalogue(session).courses[course]
            draft = DRAFT.validate_python({"effective_from": clock.today(), **facts})
            by, other = (
                staff.staff_with_role(session, each)[0]
                for each in (Role.ACCOUNTANT, Role.PRINCIPAL)
            )
            change = changes.propose(session, draft, by=by, source_key=str(facts)[:64])
            changes.approve(session, change_id=change.id, by=other)
            self.stage.pushes()

    def then(self, facts: dict[str, Any], _step: dict[str, Any]) -> None:
        """What the database says: `{SQL: value}`."""
        for statement, value in facts.items():
            assert self.stage.value(self._filled(statement)) == value, statement

    def _client(self) -> FlaskClient:
        self.site = self.site or create_app(lambda: None)
        return self.site.test_client()

    def _path_shown_to(self, who: str) -> str:
        """The path of a link, behind the sign-in that it may lead through."""
        link = urlsplit(self.stage.urls[openid_of(who)])
        behind = parse_qs(link.query).get("next") if link.path == SIGN_IN_PATH else None
        return behind[0] if behind else link.path

    def _check(self, answer: str, step: dict[str, Any]) -> None:
        for text in map(str, step.get("hear", [])):
            assert _holds(answer, self._filled(text)), f"«{text}» is not in:\n{answer}"
        for text in map(str, step.get("never", [])):
            assert not _holds(answer, self._filled(text)), f"«{text}» is in:\n{answer}"
        for name, pattern in step.get("keep", {}).items():
            found = re.search(pattern, answer)
            assert found, f"{pattern} is not in:\n{answer}"
            self.kept[name] = found.group()

    def _filled(self, text: str) -> str:
        for name, value in self.kept.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def _holds(answer: str, text: str) -> bool:
    if len(text) > 2 and text[0] == text[-1] == "/":
        return re.search(text[1:-1], answer) is not None
    return text in answer


def _play(path: Path, stage: Stage) -> None:
    player = Player(stage)
    for number, step in enumerate(yaml.safe_load(path.read_text("utf-8"))["steps"], 1):
        try:
            player.play(step)
        except AssertionError as error:
            raise AssertionError(f"{path.name}, step {number} {step}: {error}") from error


@on_sqlite
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=NAMES)
def test_with_keywords(path: Path, stage: Stage) -> None:
    _play(path, stage)


@on_sqlite
@pytest.mark.rasa
@pytest.mark.parametrize("path", TRANSCRIPTS, ids=NAMES)
def test_with_rasa(path: Path, understood_by_rasa: Stage) -> None:
    _play(path, understood_by_rasa)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_main_line_on_postgresql(stage: Stage) -> None:
    _play(Path(__file__).with_name("a10_the_line.yml"), stage)


def test_every_clause_that_chat_serves_has_a_transcript() -> None:
    proven = {
        clause for path in TRANSCRIPTS for clause in yaml.safe_load(path.read_text())["clauses"]
    }
    served = "C1 C2 C3 C4 C5 A10 A11 A12 A13 A14 A15 A17 F4 F5 F7 S1 S7 S8 S9 T4 T5 T6 X3"
    assert set(served.split()) <= proven
