"""The condor as reasons and record tell it, and the strikes of a flat market; the service's tests hold the rest."""

import pytest

from engine.core.money import dollars
from engine.domain.scan import IvRank
from engine.domain.structure import StructureKind
from engine.modules.iv_condor import condor, condor_numbers, condor_reasons
from engine.modules.iv_rules import IvRules
from engine.modules.proposal import Package, Skip
from tests.option_markets import iv_module, scan_context, term_chain

MODULE = iv_module(StructureKind.IRON_CONDOR)
RULES = IvRules.of(MODULE)
CHAIN = term_chain({38: 0.30})
CONTEXT = scan_context(CHAIN, MODULE)


def found() -> Package:
    package = condor(CHAIN, 38, CONTEXT, RULES)
    assert isinstance(package, Package), package.reason
    return package


def test_wings_lie_five_dollars_beyond_shorts_of_sixteen_to_twenty_delta() -> None:
    package = found()
    low, put, call, high = package.structure.strikes
    assert (put - low, high - call) == (dollars(5), dollars(5))
    assert low < put < dollars(100) < call < high
    for leg in package.picked[1:3]:
        assert 0.16 <= abs(leg.delta) <= 0.20
    assert [leg.ratio for leg in package.structure.legs] == [1, -1, -1, 1]


def test_risk_is_the_wing_less_the_credit_at_the_worst_price() -> None:
    package = found()
    assert package.net_price < package.worst_price < 0
    assert package.unit_risk == package.unit_power == (dollars(5) + package.worst_price) * 100


@pytest.mark.parametrize(
    ("rank", "text"),
    [
        (IvRank(62.0, 252), "IV rank 62 (252 sessions), at least 50"),
        (IvRank(62.0, 251), "IV rank 62 (251 sessions, less than a year), at least 50"),
        (IvRank(None, 12), "IV rank unknown (12 sessions), waived"),
    ],
)
def test_reasons_begin_with_the_rank_and_how_many_sessions_are_behind_it(rank: IvRank, text: str) -> None:
    reasons = condor_reasons(found(), 38, rank, RULES)
    assert reasons[0] == text
    strikes = "/".join(f"{strike / 10_000:g}" for strike in found().structure.strikes)
    assert reasons[1] == f"condor {strikes}, 38 days"


def test_numbers_are_money_a_share_and_deltas_of_the_shorts() -> None:
    package = found()
    numbers = condor_numbers(package, 38)
    assert numbers["credit_usd"] == -package.net_price
    assert numbers["worst_credit_usd"] == -package.worst_price
    assert (numbers["wing_usd"], numbers["expiry_dte"], numbers["expiration"]) == (dollars(5), 38, "2026-04-23")
    assert numbers["short_put_iv"] == pytest.approx(0.30, abs=0.01)


def test_an_expiry_without_quotes_is_named() -> None:
    package = condor(CHAIN, 31, CONTEXT, RULES)
    assert isinstance(package, Skip)
    assert package.reason == "no put strike at 16-20 delta with a quote on 2026-04-16"
