"""The NAV path from the journal alone is what was written down live; a whole week of it is a trader's day 16."""

import datetime as dt

from engine.core.money import dollars
from engine.domain.performance import NavDay
from engine.ledger.ledger import checked_entries
from engine.portfolio.nav_path import nav_days, nav_path
from tests.back_office import BackOffice
from tests.builders import MemoryStore, ledger
from tests.history import MemoryHistory, bell
from tests.trader_days.day import put

MONDAY, TUESDAY, WEDNESDAY = (dt.date(2026, 3, day) for day in (16, 17, 18))
FRIDAY, NEXT_MONDAY = dt.date(2026, 3, 20), dt.date(2026, 3, 23)
SHORT, FURTHER = put("KO", 60, FRIDAY), put("KO", 59, FRIDAY)


def test_by_hand() -> None:
    """50,000, less 2.40 of costs on Monday; 10,000 more and 15 better on Tuesday; 5,000 less on Wednesday."""
    store = MemoryStore()
    office = BackOffice(ledger(store))
    held = office.open("-1.20")
    bell(office, MONDAY)
    office.deposit("10000")
    office.mark(**{held: "-105"})
    bell(office, TUESDAY)
    office.deposit("-5000")
    bell(office, WEDNESDAY)
    office.ledger.commit()
    path = nav_path(checked_entries(store))
    bought = 10_000 * 10_000 * dollars(50_000) // dollars("49997.60")
    sold = -(-5000 * 10_000 * (dollars(50_000) + bought) // dollars("60012.60"))
    assert path == (
        NavDay(MONDAY, dollars("49997.60"), dollars(50_000), dollars(50_000)),
        NavDay(TUESDAY, dollars("60012.60"), dollars(50_000) + bought, dollars(10_000)),
        NavDay(WEDNESDAY, dollars("55012.60"), dollars(50_000) + bought - sold, dollars(-5000)),
    )
    history = MemoryHistory(store)
    assert nav_days(history.closes(), history.flows()) == path
