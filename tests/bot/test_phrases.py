"""What the bot tells people to reply, it understands, with or without Rasa."""

import re
from pathlib import Path

import pytest

from bot import phrases
from bot.flows import (
    absences,
    arrears,
    books,
    callbacks,
    casework,
    details,
    following,
    freezing,
    haggling,
    homework,
    identity,
    inviting,
    packages,
    papers,
    privacy,
    proof,
    refunds,
    sign_up_answers,
    staff,
    trials,
    verdicts,
    waitlist,
    wishes,
)
from bot.interpreter import keywords, words
from bot.phrases import general

SOURCES = sorted(Path(phrases.__file__).parent.glob("*.py"))
QUOTED = re.compile(r"回复「([^」{]+)」|发「([^」{]+)」")
# Said inside a flow or with a value of one's own, and read there.
READ_BY_FLOWS = (
    *(sign_up_answers.AGREES, staff._CLAIM, wishes._SETTINGS, wishes._AGREE),
    *(identity.BINDS, identity.UNBINDS, identity.STOLEN, identity.KNOWS, identity.UNDOES),
    *(freezing.THAWS, inviting.DECIDES, proof.RESEND, details.GONE),
    *(casework._MINE, casework._BACK, verdicts._UNSOLVED_ALONE),
    *(refunds._PROGRESS, refunds._BACK, refunds._YES, absences._BACK),
    *(privacy._EXPORT, privacy._CONFIRM, privacy._TAKE_BACK, privacy._WITHDRAW, privacy._CONSENTS),
    privacy._FILE,
    *(papers.RECEIPTS, papers.INVOICES, papers.PERSONAL),
    *(arrears._PAYS, arrears._PROMISES, arrears._PLANS),
    *(following._YES, following._CHANGES, trials._CHANGES),
    *(packages._PICKS, callbacks._ANY, haggling._TALK),
    *(
        homework.SETS,
        homework.TAKES_BACK,
        homework.STANDING,
        homework.HANDS_IN,
        homework.DONE,
        homework.ASKS,
    ),
    *(books.MINE, books._DECIDES),
    *(waitlist.JOINS, waitlist.PLACE, waitlist.LEAVES, waitlist.ACCEPTS, waitlist.DECLINES),
)
EXAMPLES = {"1", "三年级", "结束"}  # «结束» ends the talk with a person; the bot is silent then.


def proposed() -> set[str]:
    texts = [path.read_text("utf-8") for path in SOURCES]
    found = {one or other for text in texts for one, other in QUOTED.findall(text)}
    return {
        reply for reply in found - EXAMPLES if " " not in reply
    }  # «认领 客户编号» takes a value.


@pytest.mark.parametrize("reply", sorted(proposed()))
def test_a_proposed_reply_is_a_command(reply: str) -> None:
    by_flow = reply in words.AGREED or any(each.match(reply) for each in READ_BY_FLOWS)
    assert by_flow or keywords.read_phrase(reply) is not None


def test_misunderstandings_in_a_row_sound_different() -> None:
    assert len({general.unclear(times) for times in range(1, 6)}) == len(general.UNCLEAR) == 5
    assert len({general.outside(times) for times in range(1, 4)}) == 3
    assert all("「转人工」" in text or text.endswith("？") for text in general.UNCLEAR)
