"""Workbooks from and for people: .xlsx and CSV in, .xlsx out.

What comes in is somebody's upload: it is measured before it is unpacked, read row by row, and never
computed (formulas give what their program computed last). What goes out cannot compute either: text
that a spreadsheet would take for a formula is marked as text.
"""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from openpyxl import Workbook, load_workbook

from backend.kit.errors import DomainError

MOST_BYTES = 1_000_000  # What a request may carry (`shield.MOST_BYTES`), and enough for MOST_ROWS.
MOST_UNPACKED = 60 * 1024 * 1024
MOST_PARTS = 500
MOST_ROWS = 5000
MOST_COLUMNS = 60
LONGEST_CELL = 2000
LINES_ABOVE = 5
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Flaw(StrEnum):
    """Why a file is not read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    OLD_EXCEL = "old_excel"  # .xls, or an .xlsx that is locked with a password
    UNKNOWN = "unknown"  # No workbook at all, or a broken one


class WorkbookRefused(DomainError):
    """The file is not read; `why` is a Flaw."""


def rows(content: bytes, *, most: int = MOST_ROWS) -> Iterator[list[str]]:
    """The first sheet's rows as text, blank ones as empty lists; dates as 2026-01-31, whole numbers
    without a point. Raises WorkbookRefused, for the number of rows only when they are reached."""
    if not content.strip():
        raise WorkbookRefused(why=Flaw.EMPTY)
    if len(content) > MOST_BYTES:
        raise WorkbookRefused(why=Flaw.TOO_LARGE)
    if content.startswith(_OLD_EXCEL):
        raise WorkbookRefused(why=Flaw.OLD_EXCEL)
    found = _of_excel(content) if content.startswith(b"PK") else _of_csv(content)
    return _within(found, most)


def written(
    lines: Iterable[Sequence[object]], *, title: str, above: str = "", widths: Sequence[int] = ()
) -> bytes:
    """A workbook with one sheet; `above` is one line over everything, such as a watermark. Text is
    text, whatever it begins with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for number, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + number)].width = width
    if above:
        sheet.append([above])
    for line in lines:
        sheet.append([_safe(value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sheets(parts: Mapping[str, Iterable[Sequence[object]]]) -> bytes:
    """A workbook with several sheets by title; text is text, whatever it begins with."""
    book = Workbook(write_only=True)
    for title, lines in parts.items():
        sheet = book.create_sheet(title[:31])
        for line in lines:
            sheet.append([_safe(value) for value in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def under_headings(
    found: Iterator[list[str]],
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The headings, and each row below with its number in the sheet but empty ones. Above the
    headings may be a line of words."""
    number, headings = 0, list[str]()
    for number, row in enumerate(found, start=1):
        headings = row
        if len(row) > 1 or number > LINES_ABOVE:
            break
    return headings, (each for each in enumerate(found, start=number + 1) if each[1])


def _safe(value: object) -> Any:
    """A leading apostrophe is how a spreadsheet says «this is text»; it also survives a way
    through CSV."""
    if isinstance(value, bool | int | float | date) or value is None:
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _within(found: Iterator[Sequence[object]], most: int) -> Iterator[list[str]]:
    try:
        for number, row in enumerate(found):
            if number >= most:
                raise WorkbookRefused(why=Flaw.TOO_MANY_ROWS, most=most)
            cells = [_text(value)[:LONGEST_CELL] for value in row[:MOST_COLUMNS]]
            while cells and not cells[-1]:
                cells.pop()
            yield cells
    except WorkbookRefused:
        raise
    except Exception as error:  # Whatever the reader stumbles over, it is the file's fault.
        raise WorkbookRefused(why=Flaw.UNKNOWN) from error


def _of_excel(content: bytes) -> Iterator[Sequence[object]]:
    _measure(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # About styles that we do not keep.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # What a file says of its size is not believed.
            yield from sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS)
        finally:
            book.close()


def _measure(content: bytes) -> None:
    """Refuse what would unpack to more than we hold, or brings entities of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise WorkbookRefused(why=Flaw.TOO_LARGE)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with packed.open(part) as opened:
                        if b"<!DOCTYPE" in opened.read(2048).upper():
                            raise WorkbookRefused(why=Flaw.UNKNOWN)
    except (zipfile.BadZipFile, EOFError, RuntimeError, OSError) as error:
        raise WorkbookRefused(why=Flaw.UNKNOWN) from error


def _of_csv(content: bytes) -> Iterator[Sequence[object]]:
    """CSV as Excel in China writes it: UTF-8 with its mark, or GB18030."""
    if b"\0" in content:
        raise WorkbookRefused(why=Flaw.UNKNOWN)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise WorkbookRefused(why=Flaw.UNKNOWN) from error
    line = text.partition("\n")[0]
    between = max(",;\t", key=line.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=between)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d}" if value.time() == datetime.min.time() else f"{value:%F %R}"
        case date():
            return f"{value:%Y-%m-%d}"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip().removeprefix("'")
