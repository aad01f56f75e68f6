"""Charts as SVG: where the marks stand, what they are called, and that nothing from outside becomes markup."""

import datetime as dt
import re
from xml.etree import ElementTree as ET

import pytest

from engine.core.charts import (
    HEIGHT,
    WIDTH,
    Layer,
    Line,
    alone,
    bar_rows,
    dollars_text,
    histogram,
    layers_svg,
    line_chart,
    lines_svg,
    nice_step,
)
from engine.core.money import dollars

DAY = dt.date(2026, 3, 2)


def svg(markup: str) -> ET.Element:
    """The picture of a chart, which has to be well-formed."""
    picture = ET.fromstring(f"<p>{markup}</p>").find("svg")  # noqa: S314 - our own markup
    assert picture is not None
    return picture


def counts(markup: str) -> list[str]:
    """What the bars say of themselves."""
    return [each.findtext("title", "") for each in svg(markup).iter("rect")]


class TestLines:
    def test_points_stand_at_their_day_and_amount(self) -> None:
        points = tuple(
            (DAY + dt.timedelta(days=day), dollars(amount)) for day, amount in ((0, 0), (5, 100), (10, -100))
        )
        (line,) = svg(line_chart("Equity", [Line("Result", "gain", points)])).iter("polyline")
        places = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]

        # From 76 to 748 across; 100 at 12, 0 in the middle at 112, -100 at 212 down.
        assert places == [(76.0, 112.0), (412.0, 12.0), (748.0, 212.0)]

    def test_two_lines_share_one_scale_and_a_legend(self) -> None:
        lines = [
            Line("As filled", "gain", ((DAY, 0), (DAY + dt.timedelta(days=1), dollars(50)))),
            Line("At mid", "muted", ((DAY, 0), (DAY + dt.timedelta(days=1), dollars(100)))),
        ]
        chart = line_chart("Results", lines)
        first, second = svg(chart).iter("polyline")

        assert first.attrib["points"].endswith("748.0,112.0")
        assert second.attrib["points"].endswith("748.0,12.0")
        assert re.findall(r'class="key (\w+)">([^<]+)<', chart) == [("gain", "As filled"), ("muted", "At mid")]

    @pytest.mark.parametrize("points", [(), ((DAY, 5),)])
    def test_one_day_is_no_curve(self, points: tuple[tuple[dt.date, int], ...]) -> None:
        assert (
            line_chart("Equity", [Line("Result", "gain", points)]) == '<p class="empty">Too few days for a curve.</p>'
        )

    def test_a_flat_curve_at_zero_is_drawn(self) -> None:
        (line,) = svg(line_chart("E", [Line("R", "gain", ((DAY, 0), (DAY + dt.timedelta(days=1), 0)))])).iter(
            "polyline"
        )
        assert {pair.split(",")[1] for pair in line.attrib["points"].split()} == {f"{HEIGHT - 28:.1f}"}


class TestHistogram:
    def test_every_trade_is_in_one_range_and_none_holds_losses_and_gains(self) -> None:
        # From -100 to 100 in twelve: 16.67, the next round step is 20.
        said = counts(histogram("Results", [dollars(each) for each in ("-100", "-1", "0", "1", "20", "20.01", "100")]))

        assert said == [
            "1 between -$100 and -$80",
            "0 between -$80 and -$60",
            "0 between -$60 and -$40",
            "0 between -$40 and -$20",
            "1 between -$20 and $0",
            "3 between $0 and $20",
            "1 between $20 and $40",
            "0 between $40 and $60",
            "0 between $60 and $80",
            "1 between $80 and $100",
        ]

    def test_losses_are_drawn_as_losses(self) -> None:
        bars = list(svg(histogram("Results", [dollars(-5), dollars(5)])).iter("rect"))
        assert [bar.attrib["class"] for bar in (bars[0], bars[-1])] == ["bar loss", "bar gain"]

    @pytest.mark.parametrize("amount", [0, dollars(40), dollars(-40)])
    def test_one_trade_is_one_bar_of_one(self, amount: int) -> None:
        assert [said.split()[0] for said in counts(histogram("Results", [amount]))].count("1") == 1

    def test_nothing_is_said_to_be_nothing(self) -> None:
        assert histogram("Results", []) == '<p class="empty">No trade was closed.</p>'


class TestBars:
    def test_losses_go_left_of_zero_and_gains_right(self) -> None:
        chart = svg(bar_rows("Exits", [("stop", dollars(-100), "lost"), ("target", dollars(300), "won")]))
        loss, gain = chart.iter("rect")

        # 440 pixels for 400 dollars: zero stands at 130 + 110.
        assert (loss.attrib["x"], loss.attrib["width"]) == ("130.0", "110.0")
        assert (gain.attrib["x"], gain.attrib["width"]) == ("240.0", "330.0")

    def test_nothing_comes_to_nothing_and_is_still_seen(self) -> None:
        (bar,) = svg(bar_rows("Exits", [("days", 0, "nothing")])).iter("rect")
        assert float(bar.attrib["width"]) == 1.5

    def test_names_are_text_and_no_markup(self) -> None:
        chart = bar_rows('"><b>', [("<script>", dollars(1), "&")])
        assert "<script>" not in chart
        assert svg(chart).attrib["aria-label"] == '"><b>'
        assert [each.text for each in svg(chart).iter("text")] == ["<script>", "&"]


@pytest.mark.parametrize(
    ("rough", "step"), [(1, 1), (1.01, 2), (2.1, 2.5), (2.6, 5), (5.1, 10), (16.67, 20), (0.03, 0.05)]
)
def test_steps_are_round(rough: float, step: float) -> None:
    assert nice_step(rough) == pytest.approx(step)


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "$0"), (-1250, "-$1,250"), (2.5, "$2.50"), (-0.0, "$0"), (1e6, "$1,000,000")]
)
def test_dollars_on_an_axis(amount: float, words: str) -> None:
    assert dollars_text(amount) == words


def test_everything_stays_inside_the_picture() -> None:
    points = tuple((DAY + dt.timedelta(days=day), dollars(amount)) for day, amount in ((0, -1), (1, 999), (9, -777)))
    (line,) = svg(line_chart("Equity", [Line("Result", "gain", points)])).iter("polyline")
    for pair in line.attrib["points"].split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


class TestLayers:
    DAYS = (DAY, DAY + dt.timedelta(days=4), DAY + dt.timedelta(days=8))

    def test_they_stand_on_each_other_and_change_in_steps(self) -> None:
        layers = [
            Layer("Alpha", "part0", (dollars(100), dollars(200), dollars(200))),
            Layer("Reserve", "reserve", (dollars(300), dollars(200), dollars(200))),
        ]
        alpha, reserve = svg(layers_svg("Allocation", self.DAYS, layers)).iter("polygon")
        # 76 to 748 across; 400 at 12, 0 at 212 down: 100 is 50 high. Alpha doubles on the second day, not before.
        assert alpha.attrib["points"].startswith("76.0,162.0 412.0,162.0 412.0,112.0 748.0,112.0 748.0,112.0 748.0,212")
        top = reserve.attrib["points"].split()[:5]
        assert {place.split(",")[1] for place in top} == {"12.0"}, "the whole stays as it was"

    def test_one_day_is_no_picture_and_a_layer_needs_each_day(self) -> None:
        assert layers_svg("Allocation", self.DAYS[:1], [Layer("Alpha", "part0", (1,))]) == ""
        with pytest.raises(ValueError, match="zip"):
            layers_svg("Allocation", self.DAYS, [Layer("Alpha", "part0", (1,))])

    def test_names_are_text(self) -> None:
        layer = Layer("<b>", "part0", (1, 1, 1))
        assert "<b>" not in layers_svg("<i>", self.DAYS, [layer])


def test_a_curve_of_two_days_has_two_labels() -> None:
    picture = svg(lines_svg("Equity", [Line("a", "gain", ((DAY, 0), (DAY + dt.timedelta(days=1), 5)))]))
    labels = [each.text for each in picture.iter("text") if "Mar" in (each.text or "")]
    assert labels == ["02 Mar 26", "03 Mar 26"]


def test_a_chart_alone_has_its_colours_and_its_name_space() -> None:
    line = Line("a", "gain", ((DAY, 0), (DAY + dt.timedelta(days=1), 5)))
    colours = dict.fromkeys(("muted", "line", "strong", "gain", "loss"), "#123456")
    picture = ET.fromstring(alone(lines_svg("Equity", [line]), colours, ("#abcdef",)))  # noqa: S314 - ours
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    style = picture[0].text or ""
    assert ".line.gain { stroke: #123456; }" in style
    assert ".part0 { fill: #abcdef; }" in style
