"""Tax lots worked out by hand: basis with costs, assignment, exercise, expiry, terms. Source: Pub. 550."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.tax import How, TaxReport, TaxTrade, Term
from engine.portfolio.tax_lots import identified, is_long_term, not_closed, own_position_first, tax_lots
from tests.engine.portfolio.taxed import CALL, JUNE, PUT, delivered, gains, on, trade


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
