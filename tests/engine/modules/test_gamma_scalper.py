"""Gamma Scalper: what a scan buys and why not, how many, which of several first, and when a position is closed."""

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.core.money import Money, dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.mindfolio import Parameter, Waivers
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Exit, ExitCode, Hedge, IvRank, Past, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.gamma_scalper import GammaScalper, realised_volatility
from tests.engine.modules.gamma_scenes import (
    CALL,
    HEDGES,
    NOW,
    PUT,
    STRADDLE,
    STRANGLE,
    chain,
    managing,
    module,
    past,
    position,
    scanning,
)
from tests.fakes import EXPIRATION, new_york

SCALPER = GammaScalper()


def scan(context: ScanContext) -> Finding:
    (finding,) = SCALPER.scan(context)
    return finding


def bought(context: ScanContext) -> Candidate:
    finding = scan(context)
    assert finding.candidate is not None, finding.reason
    return finding.candidate


class TestPast:
    # Twenty returns of one size, half of each sign: deviation = size x root(20 / 19), a year root(252) times that.
    def test_it_is_the_deviation_of_twenty_daily_returns_a_year(self) -> None:
        size = 0.02
        returns = np.array([0.0, *([size, -size] * 10)])
        known = replace(past(), close=50 * np.exp(np.cumsum(returns)))
        assert realised_volatility(known, scanning()) == pytest.approx(0.32574, abs=1e-5)
        assert realised_volatility(past(0.30), scanning()) == pytest.approx(0.30, abs=1e-12)

    def test_older_closes_do_not_count(self) -> None:
        known = past()
        longer = Past(np.array([known.day[0] - 1, *known.day]), np.array([500.0, *known.close]))
        assert realised_volatility(longer, scanning()) == pytest.approx(0.30, abs=1e-12)

    def test_without_21_closes_up_to_yesterday_it_is_unknown(self) -> None:
        known = past()
        short = Past(known.day[1:], known.close[1:])
        holes = Past(known.day - np.array([20, *([0] * 20)]), known.close)
        broken = Past(known.day, np.where(np.arange(21) == 7, math.nan, known.close))
        for each in (short, past(skipped=1), holes, broken, Past(np.empty(0, dtype=np.int64), np.empty(0))):
            assert realised_volatility(each, scanning()) is None
            assert scan(scanning(pasts={"SPY": each})).reason == (
                "realised volatility unknown: 21 daily closes up to the last session are needed"
            )
        assert scan(scanning(pasts={})).candidate is None


class TestWhatIsBought:
    def test_the_straddle_at_the_money_with_its_prices_and_its_reasons(self) -> None:
        finding = scan(scanning(module(max_contracts=2)))
        candidate = finding.candidate
        assert candidate is not None
        assert [(leg.contract, leg.ratio) for leg in candidate.structure.legs] == [(PUT, 1), (CALL, 1)]
        assert candidate.structure.kind is STRADDLE
        # Put and call are worth 3.0525 and 3.4815 by Black and Scholes: bids of 3.03 and 3.46, spreads of four cents.
        assert finding.numbers["spread_usd"] == dollars("0.08")
        assert candidate.net_price == dollars("6.53")
        assert dollars("6.53") < candidate.worst_price <= dollars("6.57")
        assert candidate.quantity == 2
        assert candidate.buying_power == candidate.max_risk == candidate.worst_price * 100 * 2
        assert candidate.reasons[:3] == (
            "IV rank 20 (252 sessions), at most 30",
            "long straddle 100, 39 days",
            "IV 24.8 % is 0.83 x realised 30.0 %, below 0.95",
        )
        assert candidate.reasons[3].startswith("worth 7.8")
        assert candidate.reasons[4] == "2 contracts: most contracts a trade"
        assert finding.numbers["iv_to_realised"] == pytest.approx(0.8277, abs=0.001)
        assert finding.structure == "Long Straddle"

    def test_its_expected_profit_is_its_worth_at_realised_volatility_less_the_worst_price_and_costs(self) -> None:
        candidate = bought(scanning(module(max_contracts=1)))
        # At 30 % the same straddle is worth 4.133 + 3.704; 4 x 0.60 are the costs of opening and closing.
        expected = 783.7 - candidate.worst_price / 100 - 2.40
        assert candidate.expected_profit is not None
        assert candidate.expected_profit / 10_000 == pytest.approx(expected, abs=0.5)
        assert candidate.probability_of_profit is not None
        assert 0.3 < candidate.probability_of_profit < 0.5

    def test_where_nobody_reads_figures_the_decision_is_the_same(self) -> None:
        shown, unseen = (bought(scanning(is_shown=is_shown)) for is_shown in (True, False))
        assert unseen.probability_of_profit is None
        for name in ("structure", "quantity", "net_price", "worst_price", "expected_profit", "buying_power"):
            assert getattr(shown, name) == getattr(unseen, name)

    def test_a_strangle_where_that_is_enabled(self) -> None:
        candidate = bought(scanning(module(STRANGLE)))
        assert candidate.structure.kind is STRANGLE
        # By Black and Scholes the 96 put has 27.7 delta, the 97 put 32.1; early exercise adds a little to both.
        assert candidate.structure.strikes == (dollars(96), dollars(105))

    def test_of_both_the_straddle_is_preferred_and_the_strangle_taken_where_it_was_refused_today(self) -> None:
        spec = module(STRADDLE, STRANGLE)
        assert bought(scanning(spec)).structure.kind is STRADDLE
        refused = {("SPY", STRADDLE): "today's backtest refused it: win rate 0.4"}
        assert bought(scanning(spec, refused=refused)).structure.kind is STRANGLE
        finding = scan(scanning(module(), refused=refused))
        assert (finding.reason, finding.structure) == ("today's backtest refused it: win rate 0.4", "Long Straddle")

    def test_the_expiry_nearest_the_middle_of_the_band(self) -> None:
        days = [dt.date(2026, 4, 3), dt.date(2026, 4, 10), dt.date(2026, 5, 8), dt.date(2026, 6, 19)]
        context = scanning(chains={"SPY": chain(expirations=days)})
        # 18, 25, 53 and 95 days: 53 is 13 from 40, 25 is 15.
        assert bought(context).structure.expiration == days[2]


class TestWhyNot:
    @pytest.mark.parametrize(("ratio", "is_bought"), [(0.949, True), (0.951, False)])
    def test_volatility_has_to_be_below_its_share_of_the_realised_one(self, ratio: float, is_bought: bool) -> None:
        at_the_money = scan(scanning()).numbers["expiry_iv"]
        assert isinstance(at_the_money, float)
        finding = scan(scanning(pasts={"SPY": past(at_the_money / ratio)}))
        assert (finding.candidate is not None) is is_bought
        if not is_bought:
            assert finding.reason == f"IV 24.8 % on {EXPIRATION} is 0.95 x realised 26.1 %, not below 0.95"

    @pytest.mark.parametrize(("percent", "is_bought"), [(30.0, True), (30.1, False)])
    def test_an_iv_rank_of_thirty_is_the_most(self, percent: float, is_bought: bool) -> None:
        finding = scan(scanning(iv_ranks={"SPY": IvRank(percent, 252)}))
        assert (finding.candidate is not None) is is_bought
        assert is_bought or finding.reason == "IV rank 30.1 above 30"

    def test_an_unknown_rank_passes_only_where_it_is_waived_and_that_is_said(self) -> None:
        assert scan(scanning(iv_ranks={})).reason == "IV rank unknown (0 sessions)"
        candidate = bought(scanning(iv_ranks={}, waivers=Waivers(iv_rank=True)))
        assert candidate.waived == ("iv_rank",)
        assert candidate.reasons[0] == "IV rank unknown (0 sessions), waived"

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"chains": {}}, "no option quotes yet"),
            ({"busy_symbols": frozenset({"SPY"})}, "an order is working or an approval waiting already"),
            ({"open_positions": (position(),)}, "position already open"),
            (
                {"module": module(StructureKind.IRON_CONDOR)},
                "neither straddles nor strangles are enabled in this module",
            ),
            ({"module": module(min_days=40)}, "no expiry in 40-60 days"),
            ({"outlooks": {}}, f"earnings and dividends until {EXPIRATION} are unknown"),
            (
                {"outlooks": {"SPY": Outlook((Happening(HappeningKind.EARNINGS, EXPIRATION),), dt.date(2026, 12, 31))}},
                f"{HappeningKind.EARNINGS} on {EXPIRATION}, before the expiry on {EXPIRATION}",
            ),
            ({"module": module(max_spread_pct=1)}, "spread 0.08 is 1.2 % of the 6.53 premium, above 1 %"),
            (
                {"chains": {"SPY": chain(strikes=(103.0, 131.0, 1.0))}},
                f"no strike within 2 % of the price with a put and a call quoted on {EXPIRATION}",
            ),
            (
                {"module": module(STRANGLE), "chains": {"SPY": chain(strikes=(99.0, 102.0, 1.0))}},
                f"no put and call at 25-35 delta with a quote on {EXPIRATION}",
            ),
        ],
    )
    def test_each_reason_is_told(self, changes: dict[str, Any], why: str) -> None:
        finding = scan(scanning(**changes))
        assert (finding.candidate, finding.reason) == (None, why)


class TestSize:
    @pytest.mark.parametrize(("off", "quantity"), [(-1, 1), (0, 2)])
    def test_money_for_hedges_is_set_aside(self, off: Money, quantity: int) -> None:
        # 30 shares at 150 take 4,500, commissions 1.20; half of what is available is for one position.
        unit = dollars("4501.20") + bought(scanning()).worst_price * 100
        assert bought(scanning(available=2 * 2 * unit + off)).quantity == quantity

    def test_without_enough_for_one_and_its_hedges_it_is_skipped_with_the_numbers(self) -> None:
        finding = scan(scanning(available=dollars(10_000)))
        assert finding.candidate is None
        assert finding.reason.startswith("budget: one takes $5,1")
        assert finding.reason.endswith("$4,500 of it for hedges of 30 shares; 50 % of what is available is $5,000")

    @pytest.mark.parametrize(("units", "off", "quantity"), [(2, -1, 1), (2, 0, 2), (1, -1, 1)])
    def test_a_tenth_of_the_risk_is_kept_for_hedges(self, units: int, off: Money, quantity: int) -> None:
        # Below one the gate says by how much.
        unit = bought(scanning()).worst_price * 110 + dollars("1.20")
        assert bought(scanning(module(risk=units * unit + off))).quantity == quantity

    def test_one_contract_where_evidence_is_waived(self) -> None:
        assert bought(scanning(waivers=Waivers(evidence=True))).quantity == 1

    def test_the_lowest_rank_comes_first_where_there_is_room_for_one(self) -> None:
        spec = replace(module(max_open_positions=1), universe=("QQQ", "SPY"))
        calm = chain(volatility=0.20)
        context = scanning(
            spec,
            chains={"QQQ": chain(), "SPY": calm},
            iv_ranks={"QQQ": IvRank(20.0, 252), "SPY": IvRank(10.0, 252)},
            outlooks={symbol: Outlook((), dt.date(2026, 12, 31)) for symbol in spec.universe},
            pasts={symbol: past() for symbol in spec.universe},
            is_shown=False,
        )
        first, second = SCALPER.scan(context)
        assert (first.symbol, first.candidate is not None) == ("SPY", True)
        assert (second.symbol, second.reason) == (
            "QQQ",
            "1 of at most 1 positions left, and better candidates for them",
        )


# --- exits -----------------------------------------------------------------------------------------------------------
def out(held: Position, mark: Money | None, at: dt.datetime = NOW, **parameters: Parameter) -> Exit | None:
    context = managing(chain(at=at), module(**parameters), mark=mark)
    exits = [each for each in SCALPER.manage(held, context) if isinstance(each, Exit)]
    assert len(exits) <= 1
    return exits[0] if exits else None


class TestExits:
    # A premium of 657.00: half of it is 328.50.
    @pytest.mark.parametrize(("mark", "is_out"), [("328.51", False), ("328.50", True)])
    def test_the_stop_is_half_of_the_premium(self, mark: str, is_out: bool) -> None:
        found = out(position(), dollars(mark))
        assert found == (Exit("P1", "stop: 50 % of the premium is lost", ExitCode.STOP) if is_out else None)

    @pytest.mark.parametrize(("mark", "is_out"), [("985.49", False), ("985.50", True)])
    def test_the_target_is_half_of_the_premium(self, mark: str, is_out: bool) -> None:
        found = out(position(), dollars(mark))
        assert found == (Exit("P1", "profit target: 50 % of the premium", ExitCode.TARGET) if is_out else None)

    def test_what_hedges_have_earned_and_hold_counts(self) -> None:
        # 100 realised, and 20 shares sold short at 105 that cost 2,000 to buy back: another 100.
        held = replace(position(-20, at="105"), realised=dollars(100))
        assert out(held, dollars("128.51") - dollars(2000)) is None
        found = out(held, dollars("128.50") - dollars(2000))
        assert found is not None
        assert found.code is ExitCode.STOP

    def test_time_may_cost_its_budget(self) -> None:
        # At the money 1 - root(left / 39.25): 39.7 % with 14.25 days left, 46.9 % with 11.
        assert out(position(), dollars(657), new_york(10, day=dt.date(2026, 4, 10))) is None
        then = new_york(15, 59, day=dt.date(2026, 4, 13))
        found = out(position(), dollars(657), then)
        assert found == Exit("P1", "theta budget: time has cost 46 % of the premium", ExitCode.RULE)
        assert out(position(), dollars(657), then, theta_budget_pct=46) == found
        assert out(position(), dollars(657), then, theta_budget_pct=47) is None

    @pytest.mark.parametrize("mark", [dollars(657), None])
    @pytest.mark.parametrize(("day", "why"), [(16, ""), (17, "7 days to expiry"), (23, "1 day to expiry")])
    def test_seven_days_are_the_end_with_or_without_a_mark(self, mark: Money | None, day: int, why: str) -> None:
        found = out(position(), mark, new_york(10, day=dt.date(2026, 4, day)), theta_budget_pct=100)
        assert found == (Exit("P1", why, ExitCode.DAYS) if why else None)

    def test_shares_whose_options_are_gone_are_closed(self) -> None:
        held = position(-20)
        rest = replace(held, lots=held.lots[2:])
        (found,) = SCALPER.manage(rest, managing(chain(), dte=None))
        assert found == Exit("P1", "its options are gone: -20 shares hedge nothing", ExitCode.RULE)

    def test_what_is_settled_or_expired_is_left_to_the_ledger(self) -> None:
        settled = replace(position(), status=PositionStatus.SETTLED)
        assert SCALPER.manage(settled, managing(chain(104))) == ()
        assert SCALPER.manage(position(), managing(chain(104), dte=-1)) == ()

    def test_a_hedge_stands_behind_an_exit_that_cannot_be_ordered(self) -> None:
        found = SCALPER.manage(position(), managing(chain(104), mark=dollars(2000)))
        assert [type(each) for each in found] == [Exit, Hedge]
        assert SCALPER.manage(position(), managing(chain(), mark=dollars(657))) == ()

    def test_parameters_that_cannot_be_are_refused(self) -> None:
        with pytest.raises(ValueError, match="no such parameter"):
            SCALPER.manage(position(), managing(chain(), module(stop=2)))


def test_hedges_need_their_structures_and_only_those_are_asked_for() -> None:
    assert HEDGES == (StructureKind.LONG_STOCK, StructureKind.SHORT_STOCK)
    assert SCALPER.kind.value == "GAMMA_SCALPER"
