"""Buying power by hand: what structures use, what trades claim of a budget, and what is left of a broken one."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain.order import OrderPurpose
from engine.domain.structure import Leg, Structure, shares_of
from engine.ledger.lots import Trade, booked
from engine.runtime.power import Claim, claim_of, package_trades, used_by
from tests.engine.runtime.scenes import CONDOR, MODULE, call, hold, made_of, put, quiet
from tests.fakes import EXPIRATION, Rig, new_york

LATER = EXPIRATION + dt.timedelta(days=28)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """SPY at 100."""
    return quiet(tmp_path)


def used(rig: Rig, structure: Structure, *prices: str, quantity: int = 1, shares: tuple[int, str] | None = None) -> str:
    """Dollars that lots traded at these prices use."""
    trades = [
        Trade(leg.contract, leg.ratio * quantity, dollars(price))
        for leg, price in zip(structure.legs, prices, strict=True)
    ]
    if shares is not None:
        trades.append(Trade(None, shares[0], dollars(shares[1])))
    lots = booked((), trades, rig.desk.now).lots
    return f"{used_by(rig.desk, 'SPY', MODULE, lots) / 10_000:.2f}"


class TestUsed:
    def test_a_condor_uses_its_wider_wing_less_the_credit(self, rig: Rig) -> None:
        # 5.00 x 100 x 2 - 1.00 x 100 x 2.
        assert used(rig, CONDOR, "0.40", "0.90", "1.00", "0.50", quantity=2) == "800.00"

    def test_a_cash_secured_put_uses_its_strike_whatever_it_brought(self, rig: Rig) -> None:
        assert used(rig, made_of(put(95, -1)), "1.50", quantity=3) == "28500.00"

    def test_a_long_call_frees_nothing_of_a_cash_secured_put(self, rig: Rig) -> None:
        # The strike in full and no more: the call was paid for.
        assert used(rig, made_of(put(95, -1), call(110, 1)), "1.50", "0.80") == "9500.00"
        assert used(rig, made_of(put(95, -1), call(110, 1)), "1.50", "0.80", shares=(100, "100")) == "19500.00"

    def test_shares_are_at_cost_and_the_call_that_they_cover_takes_nothing_more(self, rig: Rig) -> None:
        # Bought at 120, now at 100: cost counts, never the fallen price.
        assert used(rig, made_of(call(110, -1)), "1.00", shares=(100, "120")) == "12000.00"

    def test_a_collar_uses_the_shares_and_what_its_put_cost(self, rig: Rig) -> None:
        # 100 x 100 and the debit of 1.20 x 100; the call is covered and brings nothing into account.
        assert used(rig, made_of(put(90, 1), call(110, -1)), "1.20", "0", shares=(100, "100")) == "10120.00"

    def test_a_second_call_that_nothing_covers_is_naked(self, rig: Rig) -> None:
        alone = float(used(rig, made_of(call(110, -1)), "1.00"))
        both = used(rig, Structure(CONDOR.kind, (call(110, -2),)), "1.00", shares=(100, "100"))
        assert float(both) == pytest.approx(10_000 + alone, abs=100)
        assert float(both) > 10_000 + 500

    def test_short_stock_uses_half_again_what_it_brought(self, rig: Rig) -> None:
        assert used(rig, Structure(CONDOR.kind, ()), shares=(-100, "100")) == "15000.00"

    def test_a_calendar_uses_its_debit(self, rig: Rig) -> None:
        calendar = made_of(call(100, -1), call(100, 1, LATER))
        assert used(rig, calendar, "3.00", "4.25") == "125.00"

    def test_a_condor_that_lost_its_long_put_is_a_call_spread_and_a_naked_put(self, rig: Rig) -> None:
        broken = made_of(put(93, -1), call(110, -1), call(115, 1))
        assert float(used(rig, broken, "0.90", "1.00", "0.50")) > 500 - 140, "no less than the wing that is left"

    def test_what_is_external_uses_buying_power_of_the_account_too(self, rig: Rig) -> None:
        lots = booked((), [Trade(None, 100, dollars(100))], rig.desk.now).lots
        assert used_by(rig.desk, "SPY", "EXTERNAL", lots) == dollars(10_000)
        assert used_by(rig.desk, "SPY", MODULE, ()) == 0


class TestClaims:
    def test_opening_claims_the_whole(self, rig: Rig) -> None:
        assert claim_of(rig.desk, MODULE, CONDOR, -dollars(1), 2) == Claim(dollars(800), 0)

    def test_a_call_on_shares_claims_nothing(self, rig: Rig) -> None:
        position = hold(rig, shares_of("SPY"), ("100",), 100)
        assert position.used == dollars(10_000)
        claim = claim_of(rig.desk, MODULE, made_of(call(110, -1)), -dollars(1), 1, position=position)
        assert claim == Claim(0, 0)

    def test_a_roll_claims_what_it_loses_and_what_more_it_uses(self, rig: Rig) -> None:
        position = hold(rig, made_of(put(88, 1), put(93, -1)), ("0.40", "0.90"))
        assert position.used == dollars(450)
        roll = Structure(CONDOR.kind, (put(92, -1), put(93, 1)))
        trades = package_trades(rig.desk, roll, dollars("0.30"), 1, OrderPurpose.ROLL)
        after = booked(position.lots, trades, rig.desk.now)
        # Width 4.00, and the premium that the two legs left were traded for.
        assert used_by(rig.desk, "SPY", MODULE, after.lots) == dollars(400) + sum(lot.cost for lot in after.lots)
        claim = claim_of(rig.desk, MODULE, roll, dollars("0.30"), 1, purpose=OrderPurpose.ROLL, position=position)
        # Used before 450 = 500 - 50 of credit; 30 more is paid and the wing is 100 narrower: 380 with what is lost.
        assert claim is not None
        left = dollars(400) + sum(lot.cost for lot in after.lots) - dollars(450)
        assert claim == Claim(max(0, left), max(0, -after.gain))

    def test_shares_alone_claim_their_price(self, rig: Rig) -> None:
        assert claim_of(rig.desk, MODULE, shares_of("SPY"), dollars(100), 30) == Claim(dollars(3000), 0)
        assert claim_of(rig.desk, MODULE, shares_of("SPY", is_long=False), -dollars(100), 30) == Claim(dollars(4500), 0)


class TestPackageTrades:
    def test_they_make_the_net_price_exactly(self, rig: Rig) -> None:
        for price in (-dollars(1), -dollars("1.07"), dollars("0.33")):
            trades = package_trades(rig.desk, CONDOR, price, 3)
            assert sum(trade.paid for trade in trades) == price * 100 * 3

    def test_a_ratio_that_does_not_divide_is_rounded_against_us(self, rig: Rig) -> None:
        ratio = Structure(CONDOR.kind, (Leg(call(105, 2).contract, 2), call(110, -1)))
        for price in (dollars("1.01") + 1, -dollars("0.37") + 1):
            trades = package_trades(rig.desk, ratio, price, 1)
            assert 0 <= sum(trade.paid for trade in trades) - price * 100 <= 100


def test_the_book_has_no_figure_older_than_the_last_change(rig: Rig) -> None:
    position = hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"))
    assert (position.used, rig.desk.now) == (dollars(400), new_york(10))
