"""Wash sales worked out by hand: what replaces what was sold at a loss, and how often. Source: Pub. 550."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.instrument import OptionContract
from engine.domain.tax import How
from engine.portfolio.tax_lots import tax_lots
from tests.engine.portfolio.taxed import CALL, JUNE, PUT, delivered, gains, on, trade


class TestWashSales:
    def test_shares_bought_again_within_thirty_days_may_disallow_the_loss(self) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), 100, "6000"),
                trade(2, on(4, 1), -100, "-5500"),
                trade(3, on(5, 1), 40, "2000"),  # the thirtieth day after
            ]
        )
        (sold,) = report.closed
        assert (sold.gain, sold.disallowed) == (dollars(-500), dollars(200)), "40 of 100 shares; taken off nothing"
        assert [(each.lot_id, each.shares) for each in sold.replacements] == [("L000003-1", 40)]

    @pytest.mark.parametrize("again", [on(5, 2), on(6, 1)])
    def test_the_thirty_first_day_is_too_late(self, again: dt.date) -> None:
        report = tax_lots(
            [trade(1, on(3, 2), 100, "6000"), trade(2, on(4, 1), -100, "-5500"), trade(3, again, 100, "5000")]
        )
        assert not report.closed[0].is_wash

    def test_what_was_bought_in_the_thirty_days_before_and_is_still_held_counts(self) -> None:
        report = tax_lots(
            [
                trade(1, on(1, 5), 100, "6000"),
                trade(2, on(3, 20), 100, "5600"),
                trade(3, on(4, 1), -100, "-5500"),
            ]
        )
        (sold,) = report.closed
        assert (sold.lot_id, sold.disallowed) == ("L000001-1", dollars(500))
        assert sold.replacements[0].lot_id == "L000002-1"

    def test_lots_that_are_sold_together_do_not_replace_each_other(self) -> None:
        report = tax_lots(
            [trade(1, on(3, 2), 100, "6000"), trade(2, on(3, 20), 100, "5600"), trade(3, on(4, 1), -200, "-11000")]
        )
        assert [each.is_wash for each in report.closed] == [False, False]

    def test_the_rest_of_the_lot_that_was_sold_is_no_replacement(self) -> None:
        report = tax_lots([trade(1, on(3, 20), 200, "12000"), trade(2, on(4, 1), -100, "-5500")])
        assert not report.closed[0].is_wash

    def test_a_share_stands_in_for_one_loss_only(self) -> None:
        report = tax_lots(
            [
                trade(1, on(2, 2), 100, "6000"),
                trade(2, on(2, 3), 100, "6000"),
                trade(3, on(4, 1), -100, "-5500"),
                trade(4, on(4, 2), -100, "-5400"),
                trade(5, on(4, 10), 150, "8000"),
            ]
        )
        assert [each.disallowed for each in report.closed] == [dollars(500), dollars(300)]  # 100, then 50 of 100

    @pytest.mark.parametrize(
        ("contract", "quantity", "is_wash"),
        [
            (CALL, 1, True),  # an option to buy them
            (PUT, -1, True),  # may bring them
            (CALL, -1, False),
            (PUT, 1, False),
        ],
    )
    def test_an_option_on_them_may_replace_shares(self, contract: OptionContract, quantity: int, is_wash: bool) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), 100, "6000"),
                trade(2, on(4, 1), -100, "-5500"),
                trade(3, on(4, 6), quantity, "100" if quantity > 0 else "-100", contract),
            ]
        )
        assert report.closed[0].is_wash is is_wash

    def test_shares_that_an_assignment_brings_replace_shares(self) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), 100, "6300"),
                trade(2, on(5, 4), -1, "-120", PUT),
                trade(3, on(6, 18), -100, "-6000"),
                delivered(4, JUNE, 1, PUT, 100, "-6000", How.ASSIGNED),
            ]
        )
        # The put was sold 45 days before the loss: only the shares of the next day replace.
        assert [(each.lot_id, each.shares) for each in report.closed[0].replacements] == [("L000004-1", 100)]

    def test_a_rolled_put_replaces_the_one_that_lost_but_not_a_call(self) -> None:
        later = replace(PUT, expiration=dt.date(2026, 7, 17))
        report = tax_lots(
            [
                trade(1, on(5, 4), -1, "-120", PUT),
                trade(2, on(6, 10), 1, "300", PUT),
                trade(2, on(6, 10), -1, "-350", later),
                trade(2, on(6, 10), -1, "-90", CALL),
            ]
        )
        assert [each.lot_id for each in report.closed[0].replacements] == ["L000002-1"]
        assert report.closed[0].disallowed == dollars(180)

    def test_a_gain_is_no_wash_sale_and_another_symbol_replaces_nothing(self) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), 100, "5000"),
                trade(2, on(4, 1), -100, "-5500"),
                trade(3, on(4, 2), 100, "5500"),
                trade(4, on(4, 3), -100, "-5000"),
                trade(5, on(4, 4), 100, "5000", symbol="PEP"),
            ]
        )
        assert [each.is_wash for each in report.closed] == [False, False]


class TestAnAcquisitionIsOneThing:
    """100 shares that cost 7,000 are sold for 6,000: a loss of 1,000 each time."""

    TWO_LOSSES = (
        trade(1, on(1, 5), 200, "14000"),
        trade(2, on(6, 1), -100, "-6000"),
        trade(3, on(6, 5), -100, "-6000"),
    )

    def test_a_put_and_the_shares_that_it_brings_replace_once(self) -> None:
        report = tax_lots(
            [
                *self.TWO_LOSSES,
                trade(4, on(6, 8), -1, "-100", PUT),
                delivered(5, JUNE, 1, PUT, 100, "-6000", How.ASSIGNED),
            ]
        )
        assert [each.disallowed for each in report.closed] == [dollars(1_000), 0]

    def test_a_call_and_the_shares_that_it_brings_replace_once(self) -> None:
        report = tax_lots(
            [
                *self.TWO_LOSSES,
                trade(4, on(6, 8), 1, "100", CALL),
                delivered(5, JUNE, -1, CALL, 100, "-6500", How.EXERCISED),
            ]
        )
        assert [each.disallowed for each in report.closed] == [dollars(1_000), 0]

    def test_of_two_puts_the_one_that_brings_shares_and_the_other_replace_once_each(self) -> None:
        report = tax_lots(
            [
                trade(1, on(1, 5), 300, "21000"),
                *(trade(seq, on(6, seq), -100, "-6000") for seq in (2, 3, 4)),
                trade(5, on(6, 8), -2, "-200", PUT),
                delivered(6, JUNE, 1, PUT, 100, "-6000", How.ASSIGNED),
            ]
        )
        # Two puts stand for 200 shares: the third loss finds nothing, though 100 shares came on the 19th.
        assert [each.disallowed for each in report.closed] == [dollars(1_000), dollars(1_000), 0]

    @pytest.mark.parametrize("parts", [(200,), (100, 100), (60, 100, 40)])
    def test_a_sale_of_all_that_there_is_replaces_nothing_however_it_is_filled(self, parts: tuple[int, ...]) -> None:
        sales = [
            trade(3 + 2 * number, on(6, 3), -part, str(-60 * part), order="O9") for number, part in enumerate(parts)
        ]
        # Between the fills something else is filled.
        other = [trade(4, on(6, 3), 1, "100", replace(PUT, underlying="PEP"), symbol="PEP", order="O8")]
        report = tax_lots(
            [trade(1, on(6, 1), 100, "7000"), trade(2, on(6, 2), 100, "7000"), sales[0], *other, *sales[1:]]
        )
        assert sum(gains(report)) == -dollars(2_000)
        assert [each.disallowed for each in report.closed] == [0] * len(report.closed)

    @pytest.mark.parametrize("parts", [(100,), (60, 40), (10, 60, 30)])
    def test_the_rest_of_a_purchase_replaces_nothing_however_it_was_filled(self, parts: tuple[int, ...]) -> None:
        bought = [trade(1 + number, on(6, 1), part, str(60 * part), order="O1") for number, part in enumerate(parts)]
        report = tax_lots([*bought, trade(9, on(6, 3), -60, "-3000", order="O2")])
        assert sum(gains(report)) == -dollars(600)
        assert not any(each.is_wash for each in report.closed)

    def test_the_same_order_on_another_day_is_another_purchase(self) -> None:
        report = tax_lots(
            [
                trade(1, on(6, 1), 60, "3600", order="O1"),
                trade(2, on(6, 2), 40, "2400", order="O1"),
                trade(3, on(6, 3), -60, "-3000", order="O2"),
            ]
        )
        assert report.closed[0].disallowed == dollars(400)  # 40 of 60 shares, of 600

    def test_calls_of_two_positions_that_are_assigned_in_one_night_take_their_shares_together(self) -> None:
        report = tax_lots(
            [
                trade(1, on(6, 1), 100, "7000"),
                trade(2, on(6, 2), 100, "7000"),
                trade(3, on(6, 3), -2, "-20", CALL),
                delivered(4, JUNE, 1, CALL, -100, "6500", How.ASSIGNED),
                delivered(5, JUNE, 1, CALL, -100, "6500", How.ASSIGNED),
            ]
        )
        assert gains(report) == [-dollars(490), -dollars(490)]
        assert not any(each.is_wash for each in report.closed)
