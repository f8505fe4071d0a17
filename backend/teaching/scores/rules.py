"""What a mark is, and how a learner stands to what they reached before."""

import re
from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from backend.teaching.scores.schemas import ScoreView

_NUMBER = re.compile(r"\d{1,4}(?:\.\d)?")
_WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]{1,6}[+\-＋－]?")
_PLAIN = str.maketrans("０１２３４５６７８９．", "0123456789.")


def mark_of(said: str, *, full_mark: int) -> str | None:
    """A mark as it is kept (`95分` → `95`, `92.50` → `92.5`, `优`); None for what is none."""
    plain = said.translate(_PLAIN).replace(" ", "").removesuffix("分")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if _NUMBER.fullmatch(plain):
        return format(Decimal(plain).normalize(), "f") if Decimal(plain) <= full_mark else None
    return plain if _WORD.fullmatch(plain) else None


def points(mark: str) -> Decimal | None:
    """The number of a mark; None for a word."""
    return Decimal(mark) if _NUMBER.fullmatch(mark) else None


class Trend(BaseModel):
    """A mark beside the same learner's earlier ones in the same course. `ahead` is the difference
    to the last one, in points where both have the same full mark, else (`in_percent`) in hundredths
    of it; `average` is that of all earlier ones in hundredths, where there are two or more."""

    model_config = ConfigDict(frozen=True)

    before: ScoreView
    ahead: Decimal | None
    in_percent: bool
    average: int | None
    count: int


def trend(newest: ScoreView, earlier: Sequence[ScoreView]) -> Trend | None:
    """How a mark compares; `earlier` has the newest first. None where there is nothing to compare
    it with."""
    same = [each for each in earlier if each.exam.course_id == newest.exam.course_id]
    if not same:
        return None
    before = same[0]
    now, then = points(newest.mark), points(before.mark)
    in_percent = newest.exam.full_mark != before.exam.full_mark
    ahead = None
    if now is not None and then is not None:
        ahead = percent(newest) - percent(before) if in_percent else now - then
    counted = [percent(each) for each in same if points(each.mark) is not None]
    average = round(sum(counted) / len(counted)) if len(counted) > 1 else None
    return Trend(
        before=before, ahead=ahead, in_percent=in_percent, average=average, count=len(counted)
    )


def percent(score: ScoreView) -> Decimal:
    """A mark in whole hundredths of the full one; nought for a word."""
    return Decimal(round((points(score.mark) or Decimal()) * 100 / score.exam.full_mark))
