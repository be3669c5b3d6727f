"""The usage tables as files: a workbook with a sheet an indicator, or one flat file. No cell is ever a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from .fleet_tables import Table, Value
from .team_export import plain

#: What a sheet's name may hold.
_LONGEST_NAME = 31


def _cell(value: Value) -> str | int | float | None:
    return plain(value) if isinstance(value, str) else value


def as_xlsx(period: str, tables: Sequence[Table]) -> bytes:
    """A sheet of definitions, then one sheet an indicator; shares stay numbers, shown as percentages."""
    book = Workbook()
    front = book.active
    assert front is not None
    front.title = _("Définitions")
    front.append([_("Indicateur"), _("Résultat"), _("Échantillon"), _("Définition"), _("Période")])
    for table in tables:
        texts = (table.title, table.headline, table.hidden or table.sample, table.definition, period)
        front.append([plain(text) for text in texts])
    for number, width in enumerate((34, 34, 40, 90, 44), start=1):
        front.column_dimensions[get_column_letter(number)].width = width
    for row in front.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    for table in tables:
        sheet = book.create_sheet(table.slug[:_LONGEST_NAME])
        sheet.append([plain(column.label) for column in table.columns])
        for line in table.rows:
            sheet.append([_cell(value) for value in line.values])
        if table.hidden:
            sheet.append([plain(table.hidden)])
        for number, column in enumerate(table.columns, start=1):
            letter = get_column_letter(number)
            sheet.column_dimensions[letter].width = 44 if number == 1 else 18
            for cell in sheet[letter][1:]:
                if column.is_share:
                    cell.number_format = "0.0%"
                elif isinstance(cell.value, float):
                    cell.number_format = "#,##0.00"
    for sheet in book.worksheets:
        sheet.freeze_panes = "B2"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_csv(period: str, tables: Sequence[Table]) -> bytes:
    """One line a figure: indicator, group, what, value; then the definition. Decimal commas, for a French spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_("Indicateur"), _("Groupe"), _("Mesure"), _("Valeur"), _("Période"), _("Définition")])
    for table in tables:
        told = [table.title, "", _("Résultat"), table.hidden or table.headline, period, table.definition]
        writer.writerow([plain(text) for text in told])
        for line in table.rows:
            group = str(line.values[0])
            for column, value in list(zip(table.columns, line.values, strict=True))[1:]:
                if value is not None:
                    writer.writerow([plain(text) for text in (table.title, group, column.label, _said(value), "", "")])
    return out.getvalue().encode("utf-8-sig")


def _said(value: Value) -> str:
    return f"{value:.4f}".replace(".", ",") if isinstance(value, float) else str(value)
