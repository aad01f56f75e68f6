"""Lines of the sheets in words and figures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.models import day_sheets as lines
from mindfolio_desktop.ui.models.keyed_table import Column
from tests.mindfolio_desktop.ui.risk_records import end_sheet, explained, start_sheet

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
START, END = start_sheet(), end_sheet()


@pytest.mark.parametrize(
    ("columns", "found", "expected"),
    [
        (
            lines.EXPIRIES,
            START.today,
            [[f"{MINUS}1 KO 20 Mar 60 put", "Beta", "20 Mar", "in by $0.75 (1.3%)", f"{MINUS}$6,000.00"]],
        ),
        (
            lines.EXPIRIES,
            START.this_week,
            [[f"{MINUS}1 KO 20 Mar 60 put", "Beta", "20 Mar", "not known", f"{MINUS}$6,000.00"]],
        ),
        (
            lines.EXPIRIES,
            (replace(START.today[0], spot=dollars(66)),),
            [[f"{MINUS}1 KO 20 Mar 60 put", "Beta", "20 Mar", "out by $6.00 (9.1%)", f"{MINUS}$6,000.00"]],
        ),
        (lines.OVERNIGHT, START.overnight, [["1 KO 20 Mar 60 put assigned", "Beta", "100", f"{MINUS}$6,000.00"]]),
        (
            lines.HAPPENINGS,
            START.happenings,
            [["KO", "ex-dividend", "Mon 16 Mar 2026"], ["SPY", "not known whether there is any", "\N{EN DASH}"]],
        ),
        (lines.ORDERS, START.orders, [[f"open KO short put {TIMES} 2", "Beta", "$0.71 credit", "1 of 2, working"]]),
        (lines.WAITING, START.waiting, [[f"open KO short put {TIMES} 2", "Beta", "16 Mar 15:55"]]),
        (lines.STANDING, START.standing, [["Alpha", "paused: by hand"], ["Beta", "over by $1,200"]]),
        (lines.DIFFERENCES, START.differences, [["KO", "+100", "0"], ["cash", "$5.00", "$4.00"]]),
        (lines.MODULES, END.modules, [["Alpha", "▲ +$150.00", f"▼ {MINUS}$30.00", "▲ +$120.00"]]),
        (lines.SCANS, END.scans, [["Alpha", "26", "104", "1", "2", "101"]]),
        (
            lines.FILLS,
            END.fills,
            [["16 Mar 15:55", f"open TSLA iron condor {TIMES} 2", "Alpha", "$2.50 credit", "$4.80"]],
        ),
        (
            lines.ENDED,
            END.ended,
            [[f"1 {TIMES} TSLA 17 Apr 240/250/270/280 iron condor", "▲ +$147.60", "target"]],
        ),
        (lines.SESSIONS, (explained(),), [["16 Mar", f"▼ {MINUS}$8.60"]]),
    ],
)
def test_lines(qtbot: QtBot, columns: tuple[Column[Any], ...], found: Sequence[Any], expected: list[list[str]]) -> None:
    model = lines.LinesModel(columns)
    model.show_rows(found)
    shown = [[model.item(row, column).text() for column in range(len(columns))] for row in range(model.rowCount())]
    assert shown == expected
