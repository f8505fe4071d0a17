"""The three statements as a workbook, laid out like the statutory forms (会小企01–03表), amounts in
yuan as numbers with two places."""

import io
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from backend.finance.books.layouts import ASSETS
from backend.finance.books.ledgers import last_day
from backend.finance.books.statements import Statement, StatementRow, Statements

_THIN = Side(style="thin")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_MONEY = "#,##0.00;-#,##0.00;—"


def written(found: Statements, *, institution: str) -> bytes:
    """An .xlsx with a sheet for each statement."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    _balance_sheet(first, found, institution)
    for statement in (found.income, found.cash_flow):
        _one_column(book.create_sheet(), statement, found, institution)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _head(
    sheet: Worksheet, statement: Statement, found: Statements, institution: str, width: int
) -> None:
    sheet.title = statement.title
    sheet.append([statement.title])
    sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    sheet.cell(1, 1).font = Font(bold=True, size=16)
    sheet.cell(1, 1).alignment = Alignment(horizontal="center")
    is_sheet = statement is found.balance_sheet
    on = f"{last_day(found.month):%Y年%m月%d日}" if is_sheet else f"{found.month:%Y年%m月}"
    sheet.append([f"编制单位：{institution}", *[None] * (width - 3), on, statement.code])
    sheet.append([None] * (width - 1) + ["单位：元"])


def _balance_sheet(sheet: Worksheet, found: Statements, institution: str) -> None:
    """Assets on the left, liabilities and equity on the right, as the form has them."""
    statement = found.balance_sheet
    _head(sheet, statement, found, institution, 8)
    sheet.append(
        ["资产", "行次", *statement.columns, "负债和所有者权益", "行次", *statement.columns]
    )
    left, right = statement.rows[: len(ASSETS)], statement.rows[len(ASSETS) :]
    # The totals stand on one line: the shorter side is filled up above its last row.
    gap = len(right) - len(left)
    sides: list[list[StatementRow | None]] = [list(left), list(right)]
    shorter = sides[0] if gap > 0 else sides[1]
    shorter[-1:-1] = [None] * abs(gap)
    for one, other in zip(*sides, strict=True):
        sheet.append([*_cells(one), *_cells(other)])
    _dress(sheet, 8, money=(3, 4, 7, 8), wide=(1, 5))


def _one_column(
    sheet: Worksheet, statement: Statement, found: Statements, institution: str
) -> None:
    _head(sheet, statement, found, institution, 4)
    sheet.append(["项目", "行次", *statement.columns])
    for row in statement.rows:
        sheet.append(_cells(row))
    _dress(sheet, 4, money=(3, 4), wide=(1,))


def _cells(row: StatementRow | None) -> list[object]:
    if row is None:
        return [None] * 4
    if not row.number:
        return [row.name, None, None, None]
    indent = "　　" if row.is_of_which else ""
    return [indent + row.name, row.number, _yuan(row.first_fen), _yuan(row.second_fen)]


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _dress(sheet: Worksheet, width: int, *, money: tuple[int, ...], wide: tuple[int, ...]) -> None:
    for row in range(4, sheet.max_row + 1):
        for column in range(1, width + 1):
            cell = sheet.cell(row, column)
            cell.border = _BOX
            if column in money and row > 4:
                cell.number_format = _MONEY
    for column in range(1, width + 1):
        letter = chr(ord("A") + column - 1)
        sheet.column_dimensions[letter].width = (
            42 if column in wide else 18 if column in money else 7
        )
    sheet.page_setup.orientation = "landscape" if width > 4 else "portrait"
    sheet.page_setup.fitToWidth = 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
