"""Keyed tables touch only what changed, and never reset."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE, SORT_ROLE, Cell, Column, KeyedTableModel, gain_tone


@dataclass(frozen=True)
class Row:
    key: str
    amount: float


def name_cell(row: Row) -> Cell:
    return Cell(row.key, row.key)


def amount_cell(row: Row) -> Cell:
    return Cell(f"${row.amount:g}", row.amount, tone=gain_tone(row.amount))


COLUMNS = (Column("Name", name_cell), Column("Amount", amount_cell, is_numeric=True))


class Watched(KeyedTableModel[Row]):
    """Counts what views are told."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, lambda row: row.key)
        self.changed: list[tuple[int, int]] = []
        self.inserted = self.removed = self.resets = 0
        self.dataChanged.connect(self._on_data)
        self.rowsInserted.connect(self._on_inserted)
        self.rowsRemoved.connect(self._on_removed)
        self.modelReset.connect(self._on_reset)

    def _on_data(self, top: QModelIndex, bottom: QModelIndex) -> None:
        self.changed.append((top.row(), top.column()))

    def _on_inserted(self) -> None:
        self.inserted += 1

    def _on_removed(self) -> None:
        self.removed += 1

    def _on_reset(self) -> None:
        self.resets += 1

    def shown(self) -> list[tuple[str, str]]:
        return [(self.item(at, 0).text(), self.item(at, 1).text()) for at in range(self.rowCount())]


@pytest.fixture
def model(qapp: QApplication) -> Watched:
    model = Watched()
    model.show_rows([Row("a", 1), Row("b", 2), Row("c", -3)])
    model.changed, model.inserted, model.removed = [], 0, 0
    return model


def test_the_same_rows_touch_nothing(model: Watched) -> None:
    model.show_rows([Row("a", 1), Row("b", 2), Row("c", -3)])
    assert (model.changed, model.inserted, model.removed) == ([], 0, 0)


def test_one_changed_figure_touches_one_cell(model: Watched) -> None:
    model.show_rows([Row("a", 1), Row("b", 5), Row("c", -3)])
    assert set(model.changed) == {(1, 1)}
    assert model.shown()[1] == ("b", "$5")


def test_a_new_row_on_top_touches_no_other(model: Watched) -> None:
    model.show_rows([Row("z", 9), Row("a", 1), Row("b", 2), Row("c", -3)])
    assert (model.changed, model.inserted, model.removed) == ([], 1, 0)
    assert model.shown()[0] == ("z", "$9")


def test_a_row_that_ends_is_taken_out_alone(model: Watched) -> None:
    model.show_rows([Row("a", 1), Row("c", -3)])
    assert (model.changed, model.inserted, model.removed) == ([], 0, 1)


def test_rows_with_equal_keys_are_all_shown_and_keep_apart(model: Watched) -> None:
    model.show_rows([Row("a", 7), Row("a", 1), Row("b", 2), Row("c", -3)])
    assert model.shown()[:2] == [("a", "$7"), ("a", "$1")]
    assert (model.changed, model.inserted) == ([], 1), "the older of the two was left alone"


def test_figures_are_sorted_by_value_and_aligned_right(model: Watched) -> None:
    item = model.item(2, 1)
    assert item.data(SORT_ROLE) == -3
    assert item.textAlignment() & Qt.AlignmentFlag.AlignRight
    assert model.horizontalHeaderItem(1).textAlignment() & Qt.AlignmentFlag.AlignRight
    assert model.item(0, 0).data(KEY_ROLE) == "a"
    assert not model.item(0, 0).isEditable()


def test_a_row_is_found_by_its_key(model: Watched) -> None:
    assert (model.row_of("c"), model.row_of("nobody")) == (2, None)


def test_gains_and_losses_have_the_colours_of_the_scheme(model: Watched) -> None:
    def colours() -> list[str]:
        return [model.item(at, 1).foreground().color().name() for at in (0, 2)]

    assert colours() == [theme.DARK.gain, theme.DARK.loss]


@pytest.fixture
def light(qapp: QApplication) -> Iterator[None]:
    """The light scheme, for as long as the test runs."""
    before = theme._current[0]
    theme._current[0] = theme.Scheme.LIGHT
    yield
    theme._current[0] = before


def test_another_scheme_colours_all_cells_anew(model: Watched, light: None) -> None:
    model.refresh_colours()
    assert model.item(0, 1).foreground().color().name() == theme.LIGHT.gain


def test_a_cell_may_have_a_ground(qapp: QApplication, light: None) -> None:
    shaded: Column[Row] = Column("Key", lambda row: Cell(row.key, ground="raised"))
    model = KeyedTableModel([shaded], lambda row: row.key)
    model.show_rows([Row("a", 1)])
    assert model.item(0, 0).background().color().name() == theme.LIGHT.raised


rows = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-5, 5)), max_size=10)


@given(st.lists(rows, min_size=1, max_size=4))
def test_whatever_comes_after_whatever_is_shown_exactly(sequences: list[list[tuple[str, int]]]) -> None:
    model = Watched()
    for sequence in sequences:
        wanted = [Row(key, amount) for key, amount in sequence]
        model.show_rows(wanted)
        assert model.shown() == [(row.key, f"${row.amount:g}") for row in wanted]
        tones = [model.item(at, 1).data(Qt.ItemDataRole.ForegroundRole) is not None for at in range(len(wanted))]
        assert tones == [row.amount != 0 for row in wanted]
    assert model.resets == 0
