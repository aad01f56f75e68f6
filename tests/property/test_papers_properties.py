"""Whatever a mindfolio lives through, the papers of its months add up to its NAV, and its tax lots to its ledger."""

import os
from typing import TypeAlias

from hypothesis import settings
from hypothesis.stateful import rule, run_state_machine_as_test

from engine.core.calendar import market_day
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.records import Recorded
from engine.ledger.codec import chained
from engine.ledger.entries import Account
from engine.portfolio.csv_export import ledger_csv, nav_csv, tax_csv, trades_csv
from engine.portfolio.month import following_month, month_statement
from engine.portfolio.tax_lots import own_position_first, tax_lots
from engine.portfolio.tax_trades import tax_trades
from tests.property.test_ledger_properties import Life

_EXAMPLES = int(os.environ.get("PAPERS_EXAMPLES", "3"))
"""More by hand: PAPERS_EXAMPLES=500 pytest tests/property/test_papers_properties.py."""


Entries: TypeAlias = list[tuple[Recorded, ev.Event]]


class Papers(Life):
    """A life whose papers are written at its end."""

    def the_books_are_what_the_events_say(self) -> None:
        """Proven where the ledger's own lives are; here it would only take time."""

    def commit(self, reopens: bool) -> None:
        """Likewise."""

    @rule()
    def new_session(self) -> None:
        """Opened on its own day, as every session is: days and months are cut by sessions."""
        baselines = {name: self.book.pnl(name) for name in self.book.modules}
        self.clerk.record(ev.SessionOpened(market_day(self.clerk.at), baselines))

    def teardown(self) -> None:
        self.clerk.ledger.commit()
        entries = list(chained(self.store.entries()))
        self.months(entries)
        self.taxes(entries)

    def months(self, entries: Entries) -> None:
        first = market_day(entries[0][0].at).replace(day=1)
        nav = 0
        while first <= market_day(entries[-1][0].at):
            month = month_statement(entries, first)
            assert month.nav_before == nav
            assert sum(each.pnl for each in month.modules) == month.pnl
            for text in (trades_csv(month), ledger_csv(month), nav_csv(month)):
                assert text.endswith("\r\n")
            nav, first = month.nav, following_month(first)
        assert nav == self.book.nav

    def taxes(self, entries: Entries) -> None:
        trades = tax_trades(entries)
        accounts = (Account.REALISED, Account.COMMISSIONS, Account.FEES, Account.POSITIONS)
        booked = -sum(amount for (account, _), amount in self.book.balances.items() if account in accounts)
        # A fee that the broker's statement names by itself belongs to no trade.
        booked -= sum(
            event.amount for _, event in entries if isinstance(event, ev.CashBooked) and event.kind is ActivityKind.FEE
        )
        for report in (tax_lots(trades), tax_lots(trades, own_position_first)):
            assert sum(each.gain for each in report.closed) - sum(each.basis for each in report.open) == booked
            held: dict[str, int] = {}
            for each in report.open:
                name = each.symbol if each.contract is None else each.contract.occ
                held[name] = held.get(name, 0) + each.quantity
            assert {name: count for name, count in held.items() if count} == self.book.instruments()
            assert tax_csv(report.closed, report.open)


def test_papers_add_up() -> None:
    run_state_machine_as_test(Papers, settings=settings(max_examples=_EXAMPLES, stateful_step_count=20))
