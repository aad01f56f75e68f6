"""The paper broker's account: what it can bear, and that its figures are the sum of what happened, whatever happens."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import CENT, Money, dollars
from engine.domain.account import BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerKnows, BrokerReport
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs
from engine.domain.order import Order, OrderPurpose
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind
from engine.execution.paper import PaperBroker, PaperRules
from engine.execution.paper_account import NOTHING_TIED, Requirements, Tied
from engine.execution.paper_state import symbol_of
from tests.engine.execution.paper_world import (
    CLOSE,
    CONDOR,
    NOW,
    OPEN,
    ROLL,
    SECOND,
    SHARE,
    SHORT_SHARE,
    Quotes,
    contract,
    do,
    leg,
    new_york,
    one,
    order,
)

P, C = Right.PUT, Right.CALL
COSTS = Costs(
    regulatory_per_contract=dollars("0.03"),
    taf_per_contract=dollars("0.0033"),
    sec_per_million=dollars("27.80"),
    taf_per_share_millionths=166,
    assignment_fee=dollars(5),
)


def held(*what: tuple[OptionContract | str, int]) -> dict[str, int]:
    return {name if isinstance(name, str) else name.occ: count for name, count in what}


def tied(holdings: dict[str, int], symbol: str, quotes: Quotes) -> Tied | None:
    return Requirements(quotes).tied(holdings, symbol)


def test_what_holdings_tie_up() -> None:
    quotes = Quotes().at_price(NOW, 100)
    call, put = contract(100, C, "SPY"), contract(100, P, "SPY")
    for each in (call, put):
        quotes.option(NOW, each, "3.00", "3.00")
    assert tied({}, "SPY", quotes) == NOTHING_TIED
    assert tied(held(("SPY", 100)), "SPY", quotes) == NOTHING_TIED
    assert tied(held(("SPY", 100), (call, -1)), "SPY", quotes) == NOTHING_TIED
    assert tied(held((call, 5)), "SPY", quotes) == NOTHING_TIED
    # 150 % to open, 130 % to keep, of 10,000.
    assert tied(held(("SPY", -100)), "SPY", quotes) == Tied(dollars(15_000), dollars(13_000))
    assert tied(held((put, -1)), "SPY", quotes) == Tied(dollars(10_000), dollars(10_000))
    # 3 + 20 % of 100
    assert tied(held((call, -1)), "SPY", quotes) == Tied(dollars(2300), dollars(2300))
    # Of a short straddle the put's strike counts, which is more than the call and the put's premium.
    assert tied(held((call, -1), (put, -1)), "SPY", quotes) == Tied(dollars(10_000), dollars(10_000))
    assert tied(held((put, -1)), "SPY", Quotes()) is None


def test_without_two_sides_an_option_is_worth_the_one_that_there_is_or_its_exercise() -> None:
    quotes = Quotes().at_price(NOW, 100)
    call = contract(90, C, "SPY")
    # 10 in the money + 20 % of 100
    assert tied(held((call, -1)), "SPY", quotes) == Tied(dollars(3000), dollars(3000))
    quotes.known[call] = Quote(None, dollars(12), NOW)
    assert tied(held((call, -1)), "SPY", quotes) == Tied(dollars(3200), dollars(3200))


def test_a_preview_is_what_an_order_will_need() -> None:
    broker = PaperBroker(7, dollars(100_000))
    assert broker.preview(CONDOR, dollars("-1.90"), 2) is None
    assert broker.available(0) is None
    quotes = Quotes().set(NOW).at_price(NOW, 100).option(NOW, contract(100, C, "SPY"), "3.00", "3.00")
    quotes.option(NOW, contract(100, P, "SPY"), "3.00", "3.00")
    broker.poll(NOW, quotes)
    assert broker.available(dollars(1)) == dollars(100_000)
    assert broker.preview(CONDOR, dollars("-1.90"), 2) == dollars(1620)
    wide = Structure(CONDOR.kind, (leg(235, P, 1), *CONDOR.legs[1:]))
    assert broker.preview(wide, dollars("-1.90"), 1) == dollars(1310)
    assert broker.preview(one(100, C, 1), dollars("3.00"), 2) == dollars(600)
    assert broker.preview(one(100, P, -1), dollars("-3.00"), 1) == dollars(9700)
    assert broker.preview(one(100, C, -1), dollars("-3.00"), 1) == dollars(2000)
    assert broker.preview(one(100, C, -1), dollars("-3.00"), 1, shares=100) == 0
    assert broker.preview(SHARE, dollars(100), 50) == dollars(5000)
    assert broker.preview(SHORT_SHARE, dollars(-100), 50) == dollars(2500)
    assert broker.preview(one(5, C, 1, "ZZZ"), dollars(1), 1) is None


def test_the_account_tells_positions_cash_and_what_works() -> None:
    broker, quotes = PaperBroker(7, dollars(100_000)), Quotes().set(NOW)
    do(broker, order("-1.85"), quotes, NOW)
    do(broker, order("-2.13", "o2"), quotes, NOW + SECOND)
    broker.ask_account(NOW + 2 * SECOND)
    (account,) = broker.poll(NOW + 3 * SECOND, quotes)
    # Two condors: 370 less 4.80 came in, 2,000 are tied up; two working need 1,578.80.
    assert account == BrokerAccount(
        as_of=NOW + 3 * SECOND,
        positions={each.contract.occ: 2 * each.ratio for each in CONDOR.legs},
        cash=dollars("100365.20"),
        activity=0,
        working=("o2",),
        buying_power=dollars("100365.20") - dollars(2000) - dollars("1578.80"),
    )


def test_what_holdings_leave_is_not_known_before_there_are_quotes(tmp_path: Path) -> None:
    path = tmp_path / "paper.jsonl"
    broker = PaperBroker(7, dollars(2000), file=path)
    do(broker, order("-1.85", quantity=1), Quotes().set(NOW), NOW)
    broker.close()
    again = PaperBroker(7, 0, file=path)
    assert again.withdraw(CENT, NOW) == "the buying power left is not known before there are quotes"
    again.poll(NOW + SECOND, Quotes().set(NOW))
    # 2,000 + 185 - 2.40 - 1,000
    assert again.withdraw(dollars("1182.61"), NOW) != ""
    assert again.withdraw(dollars("1182.60"), NOW) == ""
    again.close()


def test_cash_comes_and_goes_by_lines_of_the_statement() -> None:
    broker = PaperBroker(7, dollars(100))
    broker.deposit(dollars(50), NOW)
    assert broker.withdraw(dollars(151), NOW) != ""
    assert broker.withdraw(dollars(150), NOW) == ""
    told = broker.poll(NOW, Quotes())
    assert [(line.number, line.cash) for line in told if isinstance(line, BrokerActivity)] == [
        (1, dollars(50)),
        (2, -dollars(150)),
    ]
    assert broker.withdraw(CENT, NOW) == "no more than the buying power left can be taken out"
    for amount in (0, -1):
        with pytest.raises(ValueError, match="no amount"):
            broker.deposit(amount, NOW)
        with pytest.raises(ValueError, match="no amount"):
            broker.withdraw(amount, NOW)


# --- whatever happens ------------------------------------------------------------------------------------------------
THURSDAY = dt.date(2026, 4, 16)
FRIDAY = dt.date(2026, 4, 17)
START = new_york(THURSDAY, 10)
END = new_york(dt.date(2026, 4, 21), 12)
NEXT = dt.date(2026, 4, 24)
STRIKES = (95, 100, 105)
CONTRACTS = [contract(k, right, "SPY", day) for day in (FRIDAY, NEXT) for right in (P, C) for k in STRIKES]
DIVIDENDS = {"SPY": ((dt.date(2026, 4, 20), dollars("1.20")),)}
RULES = PaperRules(partial_pct=40, cash_rate_bps=300, borrow_rate_bps=200, compact_at=20_000)


def structure_of(pick: int) -> Structure:
    """One of many things to trade."""
    a, b = CONTRACTS[pick % 12], CONTRACTS[pick * 5 % 12]
    sign = 1 if pick % 2 else -1
    if pick % 7 == 0:
        return SHARE if pick % 2 else SHORT_SHARE
    if pick % 3 and a != b:
        return Structure(StructureKind.CUSTOM, (Leg(a, sign), Leg(b, -sign * (1 + pick % 2))))
    return Structure(StructureKind.CUSTOM, (Leg(a, sign),))


def quotes_at(at: dt.datetime, spot: int) -> Quotes:
    """Every contract at its intrinsic value and some cents, two cents wide."""
    quotes = Quotes().at_price(at, spot)
    for place, each in enumerate(CONTRACTS):
        inside = dollars(spot) - each.strike if each.right is C else each.strike - dollars(spot)
        mid = max(0, inside) + (1 + place * 3) * CENT
        quotes.known[each] = Quote(mid - CENT, mid + CENT, at)
    return quotes


Script = list[tuple[int, str, int]]


@dataclass
class Story:
    """A script of quotes and calls told to a broker, and all that it said."""

    path: Path | None
    restarts: frozenset[int] = frozenset()
    often: bool = False
    reports: list[BrokerReport] = field(default_factory=list)
    lines: dict[int, BrokerActivity] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    def begin(self) -> PaperBroker:
        return PaperBroker(7, dollars(60_000), COSTS, rules=RULES, dividends=DIVIDENDS, file=self.path)

    def hear(self, reports: tuple[BrokerReport, ...]) -> None:
        for report in reports:
            if isinstance(report, BrokerActivity):
                if report.number in self.lines:
                    assert self.lines[report.number] == report
                    continue
                self.lines[report.number] = report
            self.reports.append(report)

    def advance(self, broker: PaperBroker, now: dt.datetime, until: dt.datetime, quotes: Quotes) -> None:
        if self.often:
            for part in range(1, 6):
                self.advance_plain(broker, now + (until - now) * part / 6, quotes)
                self.hear(broker.poll(now + (until - now) * part / 6, quotes))
        self.advance_plain(broker, until, quotes)

    def advance_plain(self, broker: PaperBroker, until: dt.datetime, quotes: Quotes) -> None:
        while (due := broker.next_at()) is not None and due < until:
            self.hear(broker.poll(due, quotes))

    def tell(self, script: Script) -> BrokerAccount:
        """`script` is (minutes since START, what, a number)."""
        broker, now, quotes = self.begin(), START, quotes_at(START, 100)
        self.hear(broker.poll(now, quotes))
        for place, (minute, what, number) in enumerate(script):
            at = START + dt.timedelta(minutes=minute)
            self.advance(broker, now, at, quotes)
            now = at
            if place in self.restarts:
                broker.close()
                broker = self.begin()
                self.hear(broker.poll(now, quotes))
            self.act(broker, what, number, now, quotes)
            if what == "quote":
                quotes = quotes_at(now, 85 + number % 31)
            self.hear(broker.poll(now, quotes))
        self.advance(broker, now, END, quotes)
        broker.ask_account(END)
        self.hear(broker.poll(END + SECOND, quotes))
        broker.close()
        account = self.reports[-1]
        assert isinstance(account, BrokerAccount)
        return account

    def act(self, broker: PaperBroker, what: str, number: int, now: dt.datetime, quotes: Quotes) -> None:
        purposes = {"open": OPEN, "close": CLOSE, "roll": ROLL}
        if what in purposes:
            self.send(broker, purposes[what], number, now, quotes)
        elif what == "cancel" and self.orders:
            broker.cancel(list(self.orders)[number % len(self.orders)], now)
        elif what == "raise" and self.orders:
            wanted = list(self.orders.values())[number % len(self.orders)]
            broker.replace(wanted.order_id, wanted.limit + (number % 9) * CENT, now)
        elif what == "deposit":
            broker.deposit(dollars(1 + number), now)
        elif what == "withdraw":
            broker.withdraw(dollars(1 + number), now)

    def send(self, broker: PaperBroker, purpose: OrderPurpose, number: int, now: dt.datetime, quotes: Quotes) -> None:
        structure = structure_of(number)
        mids = [quotes.known[each.contract].mid or 0 for each in structure.legs] or [quotes.stocks["SPY"].mid or 0]
        counts = [each.ratio for each in structure.legs] or [structure.shares]
        sign = -1 if purpose is CLOSE else 1
        limit: Money = sign * sum(n * mid for n, mid in zip(counts, mids, strict=True)) + (number % 5) * CENT
        name = f"o{len(self.orders)}"
        wanted = order("0", name, purpose, structure, 1 + number % 4)
        self.orders[name] = Order(**{**{s: getattr(wanted, s) for s in wanted.__slots__}, "limit": limit})
        broker.submit(self.orders[name], now)


EVENTS = ("quote", "quote", "open", "open", "open", "close", "roll", "cancel", "raise", "deposit", "withdraw")
moments = st.tuples(st.integers(0, 60 * 24 * 5 - 200), st.sampled_from(EVENTS), st.integers(0, 400))
scripts = st.lists(moments, min_size=1, max_size=40)


def in_session(script: Script) -> Script:
    """Most of a script's moments moved into trading hours, so that orders have something to meet."""
    moved = [
        (minute // 1440 * 1440 + minute % 355 if number % 6 else minute, what, number)
        for minute, what, number in script
    ]
    return sorted(moved)


@settings(max_examples=120, deadline=None)
@given(scripts)
def test_cash_and_positions_are_the_sum_of_fills_and_lines(script: Script) -> None:
    story = Story(None)
    account = story.tell(in_session(script))
    cash, positions = dollars(60_000), dict[str, int]()
    for report in story.reports:
        if isinstance(report, BrokerFilled):
            wanted = story.orders[report.order_id]
            cash -= report.net_price * wanted.structure.multiplier * report.quantity
            cash -= (report.commission or 0) + (report.fees or 0)
            moves = {each.contract.occ: each.ratio for each in wanted.trades}
            for name, count in (moves or {"SPY": wanted.structure.shares * wanted.side}).items():
                positions[name] = positions.get(name, 0) + count * report.quantity
        elif isinstance(report, BrokerActivity):
            cash += report.cash - report.fees
            if report.kind in ("EXPIRED", "ASSIGNED", "EXERCISED", "CASH_SETTLED"):
                before = positions[report.instrument]
                assert report.quantity <= abs(before)
                positions[report.instrument] -= report.quantity if before > 0 else -report.quantity
                positions["SPY"] = positions.get("SPY", 0) + report.shares
    assert account.cash == cash
    assert account.positions == {name: count for name, count in positions.items() if count}
    assert [line.number for line in story.reports if isinstance(line, BrokerActivity)] == list(
        range(1, account.activity + 1)
    )
    assert all(symbol_of(name) == "SPY" for name in account.positions)


@settings(max_examples=120, deadline=None)
@given(scripts)
def test_every_order_has_one_outcome_and_never_another(script: Script) -> None:
    story = Story(None)
    story.tell(in_session(script))
    done: dict[str, int] = {}
    ended: set[str] = set()
    for report in story.reports:
        if isinstance(report, BrokerAccepted):
            assert report.order_id not in done
            done[report.order_id] = 0
        elif isinstance(report, BrokerFilled):
            assert report.order_id not in ended
            assert report.cumulative == done[report.order_id] + report.quantity
            done[report.order_id] = report.cumulative
            if report.cumulative == story.orders[report.order_id].quantity:
                ended.add(report.order_id)
        elif isinstance(report, BrokerEnded):
            assert report.order_id not in ended
            assert report.cumulative == done.get(report.order_id, 0)
            ended.add(report.order_id)
    assert ended == set(story.orders)
    assert not any(isinstance(report, BrokerKnows) for report in story.reports)


@settings(max_examples=60, deadline=None)
@given(scripts)
def test_polling_more_often_changes_nothing(script: Script) -> None:
    seldom, often = Story(None), Story(None, often=True)
    assert seldom.tell(in_session(script)) == often.tell(in_session(script))
    assert seldom.reports == often.reports


@settings(max_examples=60, deadline=None)
@given(scripts, st.frozensets(st.integers(0, 40), max_size=6))
def test_restarts_change_nothing(script: Script, restarts: frozenset[int]) -> None:
    with TemporaryDirectory() as folder:
        through, kept = Story(None), Story(Path(folder) / "paper.jsonl", restarts)
        assert through.tell(in_session(script)) == kept.tell(in_session(script))
        assert through.reports == kept.reports


def test_the_stories_are_eventful() -> None:
    """The properties above are about something: their scripts trade, end contracts and are turned down."""
    script = [(15 * n % 4000, ["open", "open", "quote", "close", "roll"][n % 5], n * 37) for n in range(250)]
    story = Story(None)
    story.tell(in_session(sorted(script)))
    kinds = {type(report).__name__ for report in story.reports}
    assert kinds >= {"BrokerAccepted", "BrokerFilled", "BrokerEnded", "BrokerActivity", "BrokerAccount"}
    assert len({report.kind for report in story.reports if isinstance(report, BrokerActivity)}) >= 4
