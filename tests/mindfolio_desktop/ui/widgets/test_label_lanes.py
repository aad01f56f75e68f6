"""Labels above the bar: free of each other, inside the bar, and on their own centre line."""

from hypothesis import given
from hypothesis import strategies as st

from mindfolio_desktop.ui.widgets.label_lanes import PlacedLabel, place_labels


def test_a_label_stands_centred_over_its_segment() -> None:
    assert place_labels([(100, 60)], lanes=1, width=400) == (PlacedLabel(0, 70),)


def test_a_label_at_an_end_is_pushed_inside() -> None:
    assert place_labels([(5, 60), (398, 60)], lanes=1, width=400) == (PlacedLabel(0, 0), PlacedLabel(0, 340))


def test_close_neighbours_go_to_the_next_lane() -> None:
    first, second = place_labels([(100, 80), (110, 80)], lanes=2, width=400)
    assert first is not None
    assert second is not None
    assert (first.lane, second.lane) == (0, 1)


def test_a_label_without_room_is_left_out() -> None:
    assert place_labels([(100, 80), (101, 80)], lanes=1, width=400)[1] is None
    assert place_labels([(50, 500)], lanes=1, width=400) == (None,)


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.floats(1, 300)), max_size=12).map(sorted),
    st.integers(1, 3),
)
def test_labels_never_overlap_nor_leave_the_bar(wanted: list[tuple[float, float]], lanes: int) -> None:
    placed = place_labels(wanted, lanes, 1000.0)
    ends: dict[int, float] = {}
    for (centre, size), label in zip(wanted, placed, strict=True):
        if label is None:
            continue
        assert 0 <= label.lane < lanes
        assert label.left >= 0
        assert label.left + size <= 1000 + 1e-6
        assert label.left - 1e-6 <= centre <= label.left + size + 1e-6
        assert label.left >= ends.get(label.lane, 0)
        ends[label.lane] = label.left + size
