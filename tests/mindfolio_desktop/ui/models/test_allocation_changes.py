"""Every change of the split as a row."""

from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.models.allocation_changes import AllocationChangesModel
from tests.mindfolio_desktop.ui.reviews import review
from tests.mindfolio_desktop.ui.snapshots import AUTO


def test_a_change_says_what_moved_from_where_to_where_and_what_was_earned(qtbot: QtBot) -> None:
    del qtbot
    model = AllocationChangesModel()
    names = {AUTO: "IV Service"}
    model.show_rows([(each, names) for each in review().changes])
    shown = [[model.item(row, column).text() for column in range(6)] for row in range(2)]
    assert shown[1][1:] == [
        "Budgets changed",
        "ann",
        "it earns",
        "IV Service $10,000 → $15,000, Reserve $10,000 → $5,000",
        "▼ \N{MINUS SIGN}$59.50",
    ]
    assert shown[0][1] == "Mindfolio began"
    assert shown[0][4].startswith("IV Service $0 → $10,000, iv_service_manual $0 → $20,000")
    assert model.item(1, 5).toolTip() == "IV Service \N{MINUS SIGN}$60.50\nThe account +$1.00"
