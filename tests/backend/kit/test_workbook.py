"""Workbooks: what people send is read within limits, what they get computes nothing."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from backend.kit import workbook
from backend.kit.workbook import Flaw, WorkbookRefused


def excel(*lines: Sequence[object]) -> bytes:
    book = Workbook()
    for line in lines:
        book.worksheets[0].append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(content: bytes, most: int = 100) -> Flaw:
    with pytest.raises(WorkbookRefused) as found:
        list(workbook.rows(content, most=most))
    return Flaw(found.value.facts["why"])


def test_cells_are_read_as_people_wrote_them() -> None:
    content = excel(["姓名", "生日"], ["王小明 ", date(2017, 3, 4)], [], [13800000001.0, "'0010"])
    assert list(workbook.rows(content)) == [
        ["姓名", "生日"],
        ["王小明", "2017-03-04"],
        [],
        ["13800000001", "0010"],
    ]


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_csv_is_read_in_the_codes_that_are_in_use(code: str, between: str) -> None:
    text = f"姓名{between}手机\r\n王小明{between}13800000001\r\n"
    assert list(workbook.rows(text.encode(code)))[1] == ["王小明", "13800000001"]


def bomb() -> bytes:
    out = io.BytesIO(excel(["a"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/more.xml", b" " * (workbook.MOST_UNPACKED + 1))
    return out.getvalue()


def with_entities() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a">]>')
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"", Flaw.EMPTY),
        (b"  \n", Flaw.EMPTY),
        (b"a" * (workbook.MOST_BYTES + 1), Flaw.TOO_LARGE),
        (bomb(), Flaw.TOO_LARGE),
        (with_entities(), Flaw.UNKNOWN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", Flaw.OLD_EXCEL),
        (b"PK\x03\x04 broken", Flaw.UNKNOWN),
        (b"\x89PNG\r\n\x1a\n\0\0", Flaw.UNKNOWN),
        (excel(*([["x"]] * 101)), Flaw.TOO_MANY_ROWS),
    ],
)
def test_what_is_no_workbook_is_refused_by_name(content: bytes, flaw: Flaw) -> None:
    assert refused(content) == flaw


def test_nothing_that_goes_out_computes() -> None:
    lines = [["=1+1", "+86", "-1", "@x", "王", 3]]
    book = load_workbook(io.BytesIO(workbook.written(lines, title="名单", above="水印")))
    first, second = book.worksheets[0].iter_rows(values_only=True)
    assert first[0] == "水印"
    assert second == ("'=1+1", "'+86", "'-1", "'@x", "王", 3)
    assert {cell.data_type for cell in book.worksheets[0][2]} <= {"s", "n"}
