"""What a watched book says its P&L came from: trades, endings, cash and moves, each by hand."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.chain import Chain
from engine.domain.explained import PnlParts
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.market.store import MarketStore
from engine.portfolio.explained import Point, point
from engine.portfolio.pnl_watch import Market, PnlWatch
from tests.back_office import BackOffice
from tests.builders import ALPHA, APRIL, BETA, COMMISSION, contract, ledger
from tests.fakes import chain_update

RATE = 0.04
PUT = contract(250)
SHORT_PUT = Structure(StructureKind.SHORT_PUT, (Leg(PUT, -1),))
COMMISSIONS = COMMISSION


class Desk(BackOffice):
    """A back office whose ledger is watched. `mids` are what units are worth at mid; without one there is no mark."""

    def __init__(self) -> None:
        super().__init__(ledger())
        self.watch = PnlWatch()
        self.mids: dict[str, Money] = {}
        self.chains: dict[str, Chain] = {}

    def record(self, event: ev.Event) -> None:
        """Record it, before the eyes of the watch."""
        book = self.ledger.book
        before = self.watch.before(book, event)
        super().record(event)
        self.watch.after(before, book, event, self.market)

    @property
    def market(self) -> Market:
        return Market(self.at, self.chains, RATE, self.mid)

    def mid(self, position: Position) -> Money | None:
        unit = self.mids.get(position.structure.kind.value)
        return None if unit is None else unit * position.quantity

    def quote(self, spot: float, volatility: float = 0.3) -> None:
        """Quotes of TSLA around a spot."""
        store = MarketStore()
        strikes = (200.0, 300.0, 5.0)
        store.apply(
            chain_update(
                self.at, spot, symbol="TSLA", expirations=(APRIL,), volatility=volatility, strikes=strikes
            )
        )  # fmt: skip
        self.chains = dict(store.chains())

    def mid_of_put(self) -> Money:
        quote = self.chains["TSLA"].quote(PUT)
        assert quote is not None
        assert quote.mid is not None
        return -100 * quote.mid

    def told(self, module_id: str = ALPHA) -> PnlParts:
        return self.watch.modules.get(module_id, PnlParts())


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_a_fill_gave_against_mid_is_its_edge(desk: Desk) -> None:
    desk.mids = {"Short Put": dollars(-200)}
    position_id = desk.open("-1.90", structure=SHORT_PUT, quantity=2)
    assert desk.told() == PnlParts(edge=dollars(-20), costs=-2 * COMMISSIONS)

    desk.close(position_id, "2.05", 1)
    assert desk.told() == PnlParts(edge=dollars(-25), costs=-3 * COMMISSIONS)
    assert desk.ledger.book.pnl(ALPHA) - desk.told().total == dollars(10)  # the book's mark is that of the fill

    desk.mark(**{position_id: "-200"})
    assert desk.ledger.book.pnl(ALPHA) == desk.told().total


def test_a_fill_without_a_mid_has_no_edge_and_what_comes_next_is_residual(desk: Desk) -> None:
    position_id = desk.open("-1.90", structure=SHORT_PUT)
    assert desk.told() == PnlParts(costs=-COMMISSIONS)
    desk.quote(260)
    desk.mark(**{position_id: "-150"})
    assert desk.told() == PnlParts(costs=-COMMISSIONS, residual=dollars(40))


def test_an_interval_ends_when_it_is_long_enough(desk: Desk) -> None:
    desk.quote(260)
    desk.mids = {"Short Put": desk.mid_of_put()}
    position_id = desk.open("-5.00", structure=SHORT_PUT)
    edge = desk.told().edge
    desk.at += dt.timedelta(minutes=5)
    desk.quote(259)
    desk.mark(**{position_id: str(desk.mid_of_put() / 10_000)})
    assert desk.told().delta == 0
    desk.at += dt.timedelta(minutes=25)
    desk.quote(258)
    desk.mark(**{position_id: str(desk.mid_of_put() / 10_000)})
    told = desk.told()
    assert told.delta < -dollars(50)
    assert told.gamma < 0 < told.theta
    assert abs(told.residual) < told.gross // 100
    assert told.total == desk.ledger.book.pnl(ALPHA)
    assert told.edge == edge


def test_a_session_that_ends_after_its_last_quotes_is_explained_by_them_and_so_is_the_night(desk: Desk) -> None:
    watched_put(desk)
    position_id = next(iter(desk.ledger.book.positions))
    desk.at += dt.timedelta(minutes=15)
    desk.quote(257)
    desk.mark(**{position_id: str(desk.mid_of_put() / 10_000)})
    assert desk.told().delta == 0, "its interval goes on"

    desk.at += dt.timedelta(minutes=15)  # the close: nothing has been quoted since
    desk.watch.finish(desk.ledger.book, desk.market)
    evening = desk.told()
    assert evening.delta < -dollars(50)
    assert evening.total == desk.ledger.book.pnl(ALPHA)
    assert abs(evening.residual) < evening.gross // 100
    desk.watch.finish(desk.ledger.book, desk.market)
    assert desk.told() == evening, "it is told once"

    desk.at += dt.timedelta(hours=17, minutes=30)
    desk.quote(263)
    desk.mark(**{position_id: str(desk.mid_of_put() / 10_000)})
    night = desk.told()
    assert night.delta - evening.delta > dollars(50)
    assert abs(night.residual - evening.residual) < night.gross // 100
    assert desk.told().total == desk.ledger.book.pnl(ALPHA)


def watched_put(desk: Desk) -> str:
    """A short put opened at mid, at a spot of 260."""
    desk.quote(260)
    desk.mids = {"Short Put": desk.mid_of_put()}
    return desk.open("-5.00", structure=SHORT_PUT)


def test_a_put_that_expires_worthless_ends_its_time_value(desk: Desk) -> None:
    position_id = watched_put(desk)
    edge, left = desk.told().edge, desk.mid_of_put()
    desk.end(position_id, PUT, ActivityKind.EXPIRED, "255")
    assert desk.told() == PnlParts(edge=edge, theta=-left, costs=-COMMISSIONS)
    assert desk.ledger.book.pnl(ALPHA) == desk.told().total
    assert desk.watch.anchors == {}


def test_an_assigned_put_is_delta_below_the_strike_and_its_shares_go_on_from_the_price(desk: Desk) -> None:
    position_id = watched_put(desk)
    left = desk.mid_of_put()
    desk.end(position_id, PUT, ActivityKind.ASSIGNED, "247")
    told = desk.told()
    assert (told.delta, told.theta, told.residual) == (dollars(-300), -left, 0)
    desk.at += dt.timedelta(hours=18)
    desk.quote(249)
    desk.mark(**{position_id: "24900"})
    assert desk.told().delta == dollars(-100)
    assert desk.told().residual == 0
    assert desk.ledger.book.pnl(ALPHA) == desk.told().total


def test_cash_of_shares_is_carry_and_what_the_account_earns_is_nobodys(desk: Desk) -> None:
    desk.mids = {"Long Stock": dollars(260)}
    position_id = desk.open("260", structure=shares_of("TSLA"), quantity=100)
    desk.record(ev.CashBooked(ActivityKind.DIVIDEND, ALPHA, position_id, "TSLA", dollars(55), ""))
    desk.record(ev.CashBooked(ActivityKind.INTEREST, "", "", "", dollars(3), ""))
    desk.record(ev.CashBooked(ActivityKind.FEE, ALPHA, position_id, "TSLA", -dollars(2), ""))
    assert (desk.told().carry, desk.told("").carry) == (dollars(55), dollars(3))
    assert desk.told("") == PnlParts(carry=dollars(3))
    _, (mine,) = desk.watch.take()
    assert (mine.parts.carry, mine.parts.costs) == (dollars(55), -dollars(2))


def test_a_position_that_changes_hands_takes_its_open_result_along(desk: Desk) -> None:
    desk.mids = {"Short Put": dollars(-200)}
    position_id = desk.open("-1.90", structure=SHORT_PUT)
    desk.record(ev.PositionMoved(position_id, BETA, "user", ""))
    assert (desk.told().moved, desk.told(BETA).moved) == (dollars(10), dollars(-10))
    desk.mark(**{position_id: "-200"})
    assert (desk.told().total, desk.told(BETA).total) == (-COMMISSIONS, dollars(-10))
    assert [desk.ledger.book.pnl(each) for each in (ALPHA, BETA)] == [-COMMISSIONS, dollars(-10)]


def test_what_leaves_the_mindfolio_is_watched_no_more(desk: Desk) -> None:
    desk.mids = {"Short Put": dollars(-200)}
    position_id = desk.open("-1.90", structure=SHORT_PUT)
    desk.mark(**{position_id: "-200"})
    desk.record(ev.PositionMoved(position_id, EXTERNAL, "user", ""))
    desk.mark(**{position_id: "-500"})
    desk.watch.finish(desk.ledger.book, desk.market)
    assert desk.told() == PnlParts(edge=-dollars(10), costs=-COMMISSIONS)
    assert desk.watch.anchors == {}


def test_what_a_new_watch_finds_open_is_unwatched_until_it_is_marked(desk: Desk) -> None:
    position_id = watched_put(desk)
    pnl = desk.ledger.book.pnl(ALPHA)
    desk.watch = PnlWatch()
    desk.quote(255)
    desk.mark(**{position_id: "-700"})
    assert desk.told() == PnlParts(unwatched=desk.ledger.book.pnl(ALPHA) - pnl)
    desk.at += dt.timedelta(minutes=30)
    desk.quote(256)
    desk.mark(**{position_id: "-650"})
    assert desk.told().delta > 0


def test_the_session_ends_at_the_books_marks(desk: Desk) -> None:
    watched_put(desk)
    desk.watch.finish(desk.ledger.book, desk.market)
    assert desk.told().total == desk.ledger.book.pnl(ALPHA)
    modules, positions = desk.watch.take()
    assert modules[ALPHA] == positions[0].parts
    assert desk.watch.take() == ({}, ())


def test_positions_with_the_same_quotes_are_worked_out_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = watched_put(desk)
    second = desk.open("-5.00", structure=replace(SHORT_PUT))
    asked = 0

    def counted(*how: Any) -> Point:
        nonlocal asked
        asked += 1
        return point(*how)

    monkeypatch.setattr("engine.portfolio.pnl_watch.point", counted)
    desk.at += dt.timedelta(minutes=30)
    desk.quote(259)
    desk.mark(**{first: "-600", second: "-600"})
    assert asked == 1
    assert desk.told().delta < 0
