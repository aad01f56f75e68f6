"""What became of trades: everything a position held, its fills, and what its lineage came to."""

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.portfolio.month import month_statement
from tests.builders import BETA, Clerk
from tests.engine.portfolio.papers import KO_CALL, KO_PUT, MARCH, journal, march, single


def test_a_wheel_tells_the_put_the_shares_and_the_call() -> None:
    wheel = month_statement(journal(march()), MARCH).ended[-1]
    assert [(each.contract, each.quantity) for each in wheel.holdings] == [(KO_PUT, -1), (None, 100), (KO_CALL, -1)]
    assert (wheel.fills, wheel.lineage_net) == (2, dollars("307.30"))


def test_a_position_filled_in_parts_is_told_at_its_largest() -> None:
    clerk = Clerk()
    order_id = clerk.intend(quantity=3)
    clerk.fill(order_id, "-1.20", 1)
    clerk.fill(order_id, "-1.20", 2)
    clerk.close("P000001", "0.50", 2)
    clerk.close("P000001", "0.40", 1)
    (trade,) = month_statement(journal(clerk), MARCH).ended
    assert [each.quantity for each in trade.holdings] == [3, -3, -3, 3]
    assert trade.fills == 4


def test_the_parts_of_a_lineage_tell_its_result_when_the_last_has_ended() -> None:
    """Two puts sold; one is assigned early and split off. The rest expires before its shares are sold."""
    clerk = Clerk()
    clerk.open("-1.00", module_id=BETA, structure=single(KO_PUT, -1), quantity=2)
    clerk.record(
        ev.LegSettled(
            "P000001", KO_PUT, 1, ActivityKind.ASSIGNED, 100, -dollars(6_000), 0, dollars(58), dollars(6_000),
            used_rest=dollars(6_000), split_into="P000002", activity=1,
        )
    )  # fmt: skip
    clerk.record(ev.LegSettled("P000001", KO_PUT, 1, ActivityKind.EXPIRED, 0, 0, 0, dollars(61), 0, activity=2))
    clerk.fill(clerk.intend_close("P000002"), "-61.00")
    rest, shares = month_statement(journal(clerk), MARCH).ended
    assert (rest.lineage, rest.lineage_net) == ("P000001", None), "the shares are still there"
    # 200 of premiums less 1.20, and 6,100 for shares of 6,000; selling them costs nothing here.
    assert (shares.lineage, shares.lineage_net) == ("P000001", dollars("298.80"))
    assert [(each.contract, each.quantity) for each in shares.holdings] == [(None, 100)]


def test_an_untouched_journal_has_no_trades() -> None:
    assert month_statement(journal(Clerk()), MARCH).ended == ()
