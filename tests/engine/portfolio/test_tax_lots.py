"""Tax lots worked out by hand: basis with costs, assignment, exercise, expiry, terms, wash sales. Source: Pub. 550."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.tax import How, TaxReport, TaxTrade, Term
from engine.portfolio.tax_lots import identified, is_long_term, not_closed, own_position_first, tax_lots

JUNE = dt.date(2026, 6, 19)
PUT = OptionContract("KO", JUNE, dollars(60), Right.PUT)
CALL = OptionContract("KO", JUNE, dollars(65), Right.CALL)


def trade(
    seq: int,
    day: dt.date,
    quantity: int,
    paid: str,
    contract: OptionContract | None = None,
    *,
    costs: str = "0",
    how: How = How.TRADE,
    symbol: str = "KO",
    position: str = "",
    order: str = "",
) -> TaxTrade:
    """One trade; `paid` in dollars (negative: brought)."""
    return TaxTrade(seq, day, symbol, contract, quantity, dollars(paid), dollars(costs), how, position, order)


def delivered(
    seq: int, day: dt.date, quantity: int, contract: OptionContract, shares: int, cash: str, how: How, costs: str = "0"
) -> TaxTrade:
    """Contracts that became shares; `cash` in dollars (negative: paid)."""
    return TaxTrade(seq, day, "KO", contract, quantity, 0, dollars(costs), how, shares=shares, share_cash=dollars(cash))


def on(month: int, day: int, year: int = 2026) -> dt.date:
    """A day."""
    return dt.date(year, month, day)


def gains(report: TaxReport) -> list[Money]:
    """What each closing made."""
    return [each.gain for each in report.closed]


class TestShares:
    def test_commissions_belong_to_basis_and_proceeds(self) -> None:
        report = tax_lots([trade(1, on(3, 2), 100, "6000", costs="1"), trade(2, on(4, 1), -100, "-6300", costs="1.15")])
        (sold,) = report.closed
        assert (sold.basis, sold.proceeds, sold.gain) == (dollars(6001), dollars("6298.85"), dollars("297.85"))
        assert (sold.term, report.open) == (Term.SHORT, ())

    def test_the_oldest_are_sold_first_and_a_lot_is_split_without_losing_a_unit(self) -> None:
        # 100 for 1,000.0001 and 100 for 1,200; 150 are sold for 1,800 at once: 1,200 and 600 of it.
        report = tax_lots(
            [
                trade(1, on(1, 5), 100, "1000.0001"),
                trade(2, on(2, 5), 100, "1200"),
                trade(3, on(3, 5), -150, "-1800"),
            ]
        )
        first, second = report.closed
        assert (first.lot_id, first.quantity, first.gain) == ("L000001-1", 100, dollars("199.9999"))
        assert (second.lot_id, second.quantity, second.gain) == ("L000002-1", 50, 0)
        (left,) = report.open
        assert (left.quantity, left.basis, left.opened) == (50, dollars(600), on(2, 5))

    def test_lots_that_were_identified_go_first_and_the_oldest_after_them(self) -> None:
        trades = [
            trade(1, on(1, 5), 100, "1000"),
            trade(2, on(2, 5), 100, "1200"),
            trade(3, on(3, 5), -150, "-1800"),
        ]
        report = tax_lots(trades, identified({3: {"L000002-1": 100}}))
        assert [(each.lot_id, each.quantity, each.gain) for each in report.closed] == [
            ("L000002-1", 100, 0),
            ("L000001-1", 50, dollars(100)),
        ]

    def test_of_a_lot_that_was_identified_only_as_many_go_first_as_was_said(self) -> None:
        trades = [
            trade(1, on(1, 5), 100, "1000"),
            trade(2, on(2, 5), 100, "1200"),
            trade(3, on(3, 5), -150, "-1800"),
        ]
        chosen = {3: {"L000002-1": 40}}
        report = tax_lots(trades, identified(chosen))
        assert [(each.lot_id, each.quantity, each.gain) for each in report.closed] == [
            ("L000002-1", 40, 0),  # 480 for 480
            ("L000001-1", 100, dollars(200)),
            ("L000002-1", 10, 0),
        ]
        assert [(lot.lot_id, lot.quantity, lot.basis) for lot in report.open] == [("L000002-1", 50, dollars(600))]
        assert not_closed(report, chosen) == ()

    def test_of_what_was_sold_short_too(self) -> None:
        trades = [
            trade(1, on(1, 5), -2, "-200", PUT),
            trade(2, on(2, 5), -2, "-300", PUT),
            trade(3, on(3, 5), 1, "50", PUT),
        ]
        report = tax_lots(trades, identified({3: {"L000002-1": 1}}))
        assert [(each.lot_id, each.gain) for each in report.closed] == [("L000002-1", dollars(100))]

    def test_what_was_identified_and_could_not_be_closed_is_named(self) -> None:
        trades = [trade(1, on(1, 5), 100, "1000"), trade(2, on(3, 5), -50, "-600")]
        chosen = {2: {"L000001-1": 60, "L000009-1": 1}, 7: {"L000001-1": 1}}
        report = tax_lots(trades, identified(chosen))
        assert not_closed(report, chosen) == ((2, "L000001-1"), (2, "L000009-1"), (7, "L000001-1"))

    def test_a_position_may_close_its_own_lots_before_those_of_others(self) -> None:
        trades = [
            trade(1, on(1, 5), 100, "1000", position="P1"),
            trade(2, on(2, 5), 100, "1200", position="P2"),
            trade(3, on(3, 5), -100, "-1300", position="P2"),
        ]
        assert gains(tax_lots(trades)) == [dollars(300)]
        assert gains(tax_lots(trades, own_position_first)) == [dollars(100)]

    def test_what_was_sold_short_is_short_term_however_long_it_stood(self) -> None:
        report = tax_lots([trade(1, on(1, 5, 2024), -100, "-5000", costs="1"), trade(2, on(3, 2), 100, "4000")])
        (closed,) = report.closed
        assert (closed.quantity, closed.proceeds, closed.basis) == (-100, dollars(4999), dollars(4000))
        assert (closed.gain, closed.term) == (dollars(999), Term.SHORT)

    def test_a_sale_beyond_what_is_held_opens_a_short_lot_with_its_part(self) -> None:
        report = tax_lots([trade(1, on(1, 5), 100, "1000"), trade(2, on(2, 5), -150, "-1800", costs="3")])
        assert gains(report) == [dollars(198)]  # 1,200 less 2 of the costs
        (short,) = report.open
        assert (short.quantity, short.basis) == (-50, dollars(-599))


class TestTerms:
    @pytest.mark.parametrize(
        ("opened", "closed", "is_long"),
        [
            (on(1, 15, 2024), on(1, 15, 2025), False),  # a year to the day is not more than one
            (on(1, 15, 2024), on(1, 16, 2025), True),
            (on(2, 28, 2023), on(2, 29, 2024), False),  # held from 1 March on
            (on(2, 28, 2023), on(3, 1, 2024), True),
            (on(2, 28, 2024), on(2, 28, 2025), False),
            (on(2, 28, 2024), on(3, 1, 2025), True),
            (on(2, 29, 2024), on(3, 1, 2025), True),
        ],
    )
    def test_long_term_is_more_than_a_year(self, opened: dt.date, closed: dt.date, is_long: bool) -> None:
        assert is_long_term(opened, closed) is is_long

    def test_shares_held_for_more_than_a_year_are_long_term(self) -> None:
        report = tax_lots([trade(1, on(1, 15, 2025), 100, "1000"), trade(2, on(1, 16), -100, "-1500")])
        assert report.closed[0].term is Term.LONG


class TestOptions:
    def test_a_put_that_expires_keeps_its_premium(self) -> None:
        report = tax_lots(
            [trade(1, on(5, 4), -1, "-120", PUT, costs="0.65"), trade(2, JUNE, 1, "0", PUT, how=How.EXPIRED)]
        )
        (ended,) = report.closed
        assert (ended.gain, ended.term, ended.how) == (dollars("119.35"), Term.SHORT, How.EXPIRED)

    def test_a_call_that_was_bought_and_expires_loses_its_cost(self) -> None:
        report = tax_lots([trade(1, on(5, 4), 1, "90", CALL), trade(2, JUNE, -1, "0", CALL, how=How.EXPIRED)])
        assert gains(report) == [dollars(-90)]

    def test_the_premium_of_an_assigned_put_lowers_the_cost_of_the_shares(self) -> None:
        """Pub. 550: the basis of shares bought under a put written is the strike less the premium."""
        report = tax_lots(
            [
                trade(1, on(5, 4), -1, "-120", PUT, costs="0.65"),
                delivered(2, JUNE, 1, PUT, 100, "-6000", How.ASSIGNED),
                trade(3, on(7, 1), -100, "-6200", costs="1"),
            ]
        )
        (sold,) = report.closed  # the option itself is no closing
        # 6,000 - 119.35 = 5,880.65; 6,199 - 5,880.65 = 318.35. Held since the assignment.
        assert (sold.basis, sold.gain, sold.opened) == (dollars("5880.65"), dollars("318.35"), JUNE)

    def test_the_premium_of_an_assigned_call_raises_the_proceeds(self) -> None:
        report = tax_lots(
            [
                trade(1, on(1, 5, 2025), 100, "5000"),
                trade(2, on(5, 4), -1, "-80", CALL, costs="0.65"),
                delivered(3, JUNE, 1, CALL, -100, "6500", How.ASSIGNED, costs="5"),
            ]
        )
        (sold,) = report.closed
        assert (sold.proceeds, sold.gain) == (dollars("6574.35"), dollars("1574.35"))  # 6,500 + 79.35 - 5
        assert (sold.term, sold.how) == (Term.LONG, How.ASSIGNED)

    def test_the_cost_of_an_exercised_call_belongs_to_the_shares(self) -> None:
        report = tax_lots(
            [trade(1, on(5, 4), 1, "300", CALL), delivered(2, JUNE, -1, CALL, 100, "-6500", How.EXERCISED)]
        )
        (held,) = report.open
        assert (held.basis, held.contract, held.how, report.closed) == (dollars(6800), None, How.EXERCISED, ())

    def test_the_cost_of_an_exercised_put_lowers_the_proceeds(self) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), 100, "5500"),
                trade(2, on(5, 4), 1, "150", PUT),
                delivered(3, JUNE, -1, PUT, -100, "6000", How.EXERCISED),
            ]
        )
        assert [(each.proceeds, each.gain) for each in report.closed] == [(dollars(5850), dollars(350))]

    def test_two_of_five_assigned_carry_their_part_of_the_premium(self) -> None:
        report = tax_lots(
            [trade(1, on(5, 4), -5, "-500", PUT), delivered(2, JUNE, 2, PUT, 200, "-12000", How.ASSIGNED)]
        )
        options, shares = report.open
        assert (options.quantity, options.basis) == (-3, dollars(-300))
        assert (shares.quantity, shares.basis) == (200, dollars(11_800))

    def test_a_called_share_that_is_not_there_is_a_short_sale(self) -> None:
        report = tax_lots(
            [trade(1, on(5, 4), -1, "-80", CALL), delivered(2, JUNE, 1, CALL, -100, "6500", How.ASSIGNED)]
        )
        (short,) = report.open
        assert (short.quantity, short.basis) == (-100, dollars(-6580))

    def test_contracts_that_ended_and_that_nobody_held_open_nothing(self) -> None:
        assert tax_lots([trade(1, JUNE, 1, "0", PUT, how=How.EXPIRED)]) == TaxReport((), ())

    def test_options_on_an_index_are_noted_and_no_wash_sale_is_looked_for(self) -> None:
        index = replace(PUT, underlying="SPXW")
        report = tax_lots(
            [
                trade(1, on(5, 4), 1, "900", index, symbol="SPXW"),
                trade(2, on(5, 5), -1, "-500", index, symbol="SPXW"),
                trade(3, on(5, 6), 1, "400", index, symbol="SPXW"),
            ]
        )
        (closed,) = report.closed
        assert (closed.is_1256, closed.gain, closed.is_wash) == (True, dollars(-400), False)


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


class TestWhatWasTakenIn:
    """What the broker's account held and nobody knew comes at a price that a person or a mark said."""

    def test_its_basis_and_term_are_unknown(self) -> None:
        report = tax_lots([trade(1, on(3, 2), 100, "6000", how=How.TAKEN_IN), trade(2, on(4, 1), -100, "-5500")])
        (sold,) = report.closed
        assert (sold.opened_how, sold.how, sold.term) == (How.TAKEN_IN, How.TRADE, None)
        assert (sold.knows_basis, sold.knows_proceeds, sold.knows_gain) == (False, True, False)

    def test_a_difference_that_takes_shares_away_has_no_proceeds(self) -> None:
        report = tax_lots([trade(1, on(3, 2), 100, "6000"), trade(2, on(4, 1), -100, "-5500", how=How.TAKEN_IN)])
        (gone,) = report.closed
        assert (gone.knows_basis, gone.knows_proceeds, gone.term) == (True, False, None)

    def test_of_what_was_found_sold_short_the_proceeds_are_unknown(self) -> None:
        report = tax_lots([trade(1, on(3, 2), -1, "-90", PUT, how=How.TAKEN_IN), trade(2, on(4, 1), 1, "50", PUT)])
        (bought,) = report.closed
        assert (bought.knows_basis, bought.knows_proceeds) == (True, False)

    def test_shares_carry_that_the_premium_of_their_put_is_unknown_but_not_their_day(self) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), -1, "-90", PUT, how=How.TAKEN_IN),
                delivered(2, JUNE, 1, PUT, 100, "-6000", How.ASSIGNED),
                trade(3, on(7, 1), -40, "-2500"),
            ]
        )
        (sold,), (held,) = report.closed, report.open
        assert (sold.opened_how, sold.term, sold.knows_basis) == (How.ASSIGNED, Term.SHORT, False)
        assert (held.quantity, held.is_known) == (60, False)

    def test_no_wash_sale_is_looked_for_where_the_loss_is_nobodys(self) -> None:
        report = tax_lots(
            [
                trade(1, on(3, 2), 100, "6000", how=How.TAKEN_IN),
                trade(2, on(4, 1), -100, "-5500"),
                trade(3, on(4, 2), 100, "5400"),
            ]
        )
        assert not report.closed[0].is_wash


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(-5, 5).filter(bool), st.integers(0, 99_999), st.integers(0, 300)), min_size=1, max_size=25
    )
)
def test_no_cent_is_lost_between_trades_and_lots(rows: list[tuple[int, int, int]]) -> None:
    trades = [
        TaxTrade(seq, on(1, 1) + dt.timedelta(days=seq), "KO", None, count, count * price, costs, How.TRADE)
        for seq, (count, price, costs) in enumerate(rows, start=1)
    ]
    report = tax_lots(trades)
    spent = sum(each.paid + each.costs for each in trades)
    assert sum(each.basis for each in report.open) - sum(gains(report)) == spent
    assert sum(each.quantity for each in report.open) == sum(each.quantity for each in trades)
    for each in report.closed:
        assert 0 <= each.disallowed <= max(0, -each.gain)
    used: dict[str, int] = {}
    for part in (part for each in report.closed for part in each.replacements):
        used[part.lot_id] = used.get(part.lot_id, 0) + part.shares
    opened = {f"L{each.seq:06d}-1": abs(each.quantity) for each in trades}
    assert all(shares <= opened[lot_id] for lot_id, shares in used.items())
