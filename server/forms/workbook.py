"""Tables as an XLSX that prints well on A4: repeated header, page numbers, everything within the page's width."""

import io

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as BookCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from .table import Cell, Table
from .words import is_formula, plain

FONT = "Arial"
LINE = Side(style="thin", color="808080")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
HEAD_FILL = PatternFill("solid", fgColor="E8EDF2")
LONGEST = 32_767
"""Characters a cell may hold."""


def xlsx(tables: tuple[Table, ...]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        _sheet(book.create_sheet(table.name), table)
    book.properties.title = tables[0].title
    book.properties.creator = ""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _sheet(sheet: Worksheet, table: Table) -> None:
    width = len(table.columns)
    for row, line in enumerate((table.title, *table.above), 1):
        _put(sheet, row, 1, line, Font(name=FONT, size=13 if row == 1 else 10, bold=row == 1))
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
    top = len(table.above) + 3
    for number, column in enumerate(table.columns, 1):
        cell = _put(sheet, top, number, column.title, Font(name=FONT, size=10, bold=True), wrap=True)
        cell.fill, cell.border = HEAD_FILL, BOX
        sheet.column_dimensions[get_column_letter(number)].width = column.width
    for row, values in enumerate(table.rows, top + 1):
        for number, value in enumerate(values, 1):
            _put(sheet, row, number, value, Font(name=FONT, size=10), wrap=True).border = BOX
    _page(sheet, table, top, top + len(table.rows))


def _put(sheet: Worksheet, row: int, column: int, value: Cell, font: Font, *, wrap: bool = False) -> BookCell:
    """Numbers as numbers; everything else as text that no spreadsheet reckons with, even after an edit."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, BookCell)
    cell.font = font
    number = isinstance(value, int)
    cell.alignment = Alignment(
        horizontal="right" if number else "left", vertical="top" if wrap else "center", wrap_text=wrap
    )
    if isinstance(value, int):
        cell.value = value
        return cell
    text = plain(value)[:LONGEST]
    if not text:
        return cell
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = is_formula(text)
    return cell


def _page(sheet: Worksheet, table: Table, top: int, bottom: int) -> None:
    sheet.print_title_rows = f"{top}:{top}"
    sheet.print_area = f"A1:{get_column_letter(len(table.columns))}{bottom}"
    sheet.freeze_panes = f"A{top + 1}"
    sheet.page_setup.paperSize = "9"
    sheet.page_setup.orientation = "landscape" if table.landscape else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    properties = sheet.sheet_properties.pageSetUpPr
    assert properties is not None
    properties.fitToPage = True
    footer = sheet.oddFooter
    assert footer is not None
    footer.right.text = "стр. &P из &N"
    sheet.page_margins.left = sheet.page_margins.right = 0.5
