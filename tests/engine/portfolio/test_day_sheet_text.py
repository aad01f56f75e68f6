"""The sheets of a day as a trader reads them in a terminal."""

import datetime as dt
from dataclasses import replace

from engine.core.money import dollars
from engine.domain.account import CASH_ID, Difference
from engine.domain.day_sheet import EndSheet, HappeningLine, OrderLine, StartSheet, WaitingLine
from engine.domain.explained import PnlParts
from engine.domain.happening import HappeningKind
from engine.portfolio.day_sheet_text import end_text, start_text
from engine.portfolio.day_sheets import EndGathering, Known, StartGathering
from engine.portfolio.walk import walk
from tests.builders import NOW
from tests.engine.portfolio.papers import journal, march


def starts(day: int, **spots: str) -> StartSheet:
    """The sheet before a session of March, with prices in dollars."""
    known = Known({symbol: dollars(price) for symbol, price in spots.items()})
    gathering = StartGathering(dt.date(2026, 3, day), lambda _symbols: known)
    return gathering.sheet(walk(journal(march()), [gathering]))


def ends(day: int) -> EndSheet:
    """The sheet at the end of a session of March."""
    gathering = EndGathering(dt.date(2026, 3, day))
    return gathering.sheet(walk(journal(march()), [gathering]))


def under(text: str, title: str) -> list[str]:
    """The lines of a block."""
    block = next(each for each in text.split("\n\n") if each.startswith(title))
    return [line.strip() for line in block.splitlines()[1:]]


def test_before_a_session() -> None:
    text = start_text(starts(27, KO="62.5"))
    assert text.startswith("Sample (replay): before the session of Fri 2026-03-27\nNAV $53,997.65")
    assert under(text, "Expires today") == [
        "Fri 2026-03-27  P000002 Beta: -1 KO 61 call, $1.50 (2.4 %) in the money at $62.50, cash if assigned +$6,100.00"
    ]
    assert under(text, "Modules paused") == ["Beta: paused (day loss 1,020 of 1,000)"]
    assert under(text, "Earnings") == [
        "KO: not known whether there are any",
        "TSLA: not known whether there are any",
    ]
    assert under(text, "Working orders") == ["none"]


def test_options_on_an_index_tell_the_cash_of_their_settlement() -> None:
    (line,) = starts(27, KO="62.5").today
    index = replace(line.contract, underlying="SPXW", strike=dollars(5_000))
    settled = replace(line, contract=index, spot=dollars(5_010), cash=-dollars(1_000), is_settled_in_cash=True)
    unknown = replace(settled, spot=None, cash=None)
    text = start_text(replace(starts(27), today=(settled, unknown)))
    assert [each.partition(", ")[2] for each in under(text, "Expires today")] == [
        "$10.00 (0.2 %) in the money at $5,010.00, cash at that price -$1,000.00",
        "distance not known, cash not known",
    ]


def test_what_ended_overnight() -> None:
    assert under(start_text(starts(23)), "Ended at the broker") == [
        "20 Mar 19:00  Beta: 1 KO 60 put assigned, +100 shares, cash -$6,000.00"
    ]


def test_a_price_that_is_not_known_is_said_to_be() -> None:
    assert "-1 KO 60 put, distance not known, cash if assigned -$6,000.00" in start_text(starts(20))


def test_everything_that_waits_is_told() -> None:
    sheet = replace(
        starts(27),
        stopped_why="odd quotes",
        orders=(OrderLine("O1", "Alpha", "open KO short put", 3, 1, dollars("-0.90"), "PARTLY_FILLED"),),
        waiting=(WaitingLine("A1", "Beta", "open KO short put", 2, NOW),),
        happenings=(HappeningLine("KO", HappeningKind.EX_DIVIDEND, dt.date(2026, 3, 30)),),
        differences=(Difference("KO", "KO", 0, 100), Difference(CASH_ID, "", dollars(10), dollars(5))),
    )
    text = start_text(sheet)
    assert "STOPPED OR PAUSED: odd quotes" in text
    assert under(text, "Working orders") == ["O1  Alpha: open KO short put, 1 of 3 done, $0.90 credit, PARTLY_FILLED"]
    assert under(text, "Approvals") == ["A1  Beta: open KO short put x 2, until 16 Mar 15:00"]
    assert under(text, "Earnings") == ["Mon 2026-03-30  KO: ex-dividend"]
    assert under(text, "Differences") == ["KO: book +0, broker +100", "cash: book $10.00, broker $5.00"]


def test_at_the_end_of_a_session() -> None:
    text = end_text(ends(23))
    assert text.startswith(
        "Sample (replay): the session of Mon 2026-03-23\nNAV $55,000.05, P&L -$97.15 after costs, drawdown 0.17 %"
    )
    assert under(text, "P&L by module") == [
        "realised      open      P&L",
        "Alpha     -$92.40     $0.00  -$92.40",
        "Beta     +$137.90  -$155.00  -$17.10",
        "Account   +$12.35     $0.00  +$12.35",
    ]
    assert "23 Mar 11:00  Beta: open KO short call x 1 at $0.70 credit, costs $0.60" in text
    assert under(text, "Trades that ended") == ["P000003  TSLA iron condor: -$94.80 after costs, target"]
    assert under(text, "Book and broker, last compared never") == ["not known"]


def test_deposits_and_what_explains_the_day_are_told() -> None:
    sheet = replace(ends(17), compared_at=NOW, explained=(("Alpha", PnlParts(delta=dollars(5), costs=-dollars(1))),))
    text = end_text(sheet)
    assert "P&L +$44.40 after costs, deposits less withdrawals +$5,000.00" in text
    assert under(text, "P&L explained") == ["Alpha: +$4.00 = delta +$5.00, costs -$1.00"]
    assert under(text, "Book and broker, last compared 16 Mar 15:00") == ["they agree"]
