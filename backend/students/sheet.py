"""What a workbook of students has to look like, and what is wrong with a row of it (A11). Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from backend.students import names


class Field(StrEnum):
    """A column; the value is its heading in the workbook."""

    STUDENT = "学员姓名"
    GRADE = "年级"
    BIRTH = "出生日期"
    GUARDIAN = "监护人姓名"
    PHONE = "监护人手机"
    TAGS = "标签"


REQUIRED = (Field.STUDENT, Field.GUARDIAN, Field.PHONE)
LONGEST = {Field.STUDENT: 40, Field.GUARDIAN: 40, Field.GRADE: 20}
_PHONE = re.compile(r"1[3-9]\d{9}")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_OLDEST = 100


class Problem(StrEnum):
    """What is wrong with a cell."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    BAD_PHONE = "bad_phone"
    BAD_DATE = "bad_date"
    UNKNOWN_TAG = "unknown_tag"
    REPEATED = "repeated"  # The same child of the same phone stands further up.


class Content(BaseModel):
    """A row as it was understood."""

    model_config = ConfigDict(frozen=True)

    student: str = ""
    grade: str | None = None
    birth_on: date | None = None
    guardian: str = ""
    phone: str = ""
    tags: list[str] = []

    @property
    def key(self) -> tuple[str, str]:
        """Which child of which phone: the same key is the same child."""
        return names.plain(self.student), self.phone


class HeadingsMissing(ValueError):
    """The first row does not name the columns that are needed; its args are their headings."""


def places(headings: Sequence[str]) -> Mapping[Field, int]:
    """Where each column stands; order and further columns do not matter. Raises
    HeadingsMissing."""
    plain = [heading.strip().rstrip("*＊").strip() for heading in headings]
    missing = [field.value for field in REQUIRED if field.value not in plain]
    if missing:
        raise HeadingsMissing(*missing)
    return {field: plain.index(field.value) for field in Field if field.value in plain}


def understood(
    row: Sequence[str], where: Mapping[Field, int], *, known_tags: Sequence[str], today: date
) -> tuple[Content, dict[Field, Problem]]:
    """A row's content and what is wrong with which cell."""
    cells = {field: row[at].strip() if at < len(row) else "" for field, at in where.items()}
    problems = {field: Problem.MISSING for field in REQUIRED if not cells[field]}
    for field, longest in LONGEST.items():
        if len(cells.get(field, "")) > longest:
            problems[field] = Problem.TOO_LONG
    phone = re.sub(r"[\s\-]", "", cells[Field.PHONE])
    phone = re.sub(r"^\+?86(?=1\d{10}$)", "", phone)
    if cells[Field.PHONE] and not _PHONE.fullmatch(phone):
        problems[Field.PHONE] = Problem.BAD_PHONE
    birth = cells.get(Field.BIRTH, "")
    birth_on = _date_of(birth)
    if birth and (birth_on is None or not _is_likely(birth_on, today)):
        problems[Field.BIRTH], birth_on = Problem.BAD_DATE, None
    tags = [each for each in re.split(r"[、,，;；\s]+", cells.get(Field.TAGS, "")) if each]
    if not set(tags) <= set(known_tags):
        problems[Field.TAGS] = Problem.UNKNOWN_TAG
    content = Content(
        student=cells[Field.STUDENT],
        grade=cells.get(Field.GRADE) or None,
        birth_on=birth_on,
        guardian=cells[Field.GUARDIAN],
        phone=phone,
        tags=list(dict.fromkeys(tags)),
    )
    return content, problems


def _date_of(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _is_likely(on: date, today: date) -> bool:
    return today.year - _OLDEST <= on.year and on <= today
