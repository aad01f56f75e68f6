"""What one seed is like: how bad its market, line, broker, disk, modules and person are. Some are calm."""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, fields

from engine.execution.faults import FaultKnobs

SYMBOLS = ("KO", "PFE", "XLP", "XLU")
"""Names of the simulated market with few contracts each."""

STARTS = tuple(dt.date(2026, 1, day) for day in (7, 8, 9, 15, 16))
"""Wednesday to Friday: contracts that end, and nights and a weekend, lie in the next days."""

MARKETS = 5
"""So many different markets, each from a day of its own, so that a process works each out once."""

HOSTILE = ("raises", "garbage", "storm", "outsider", "naked", "thief", "hangs")
"""Modules that a user might have written."""

OURS = ("IV_SERVICE", "SELL_PUTS_ENGINE", "SMART_REBALANCER", "GAMMA_SCALPER")

LINE_FAULTS = tuple(each.name for each in fields(FaultKnobs) if not each.name.endswith("_s"))

STORE_FAULTS = ("disk full", "write fails once", "head fails once", "broker's file fails")

KILL_POINTS = (
    "before commit", "after commit", "before intent", "after intent", "before fill", "after fill", "before submit",
    "after submit", "before cancel", "after cancel", "before replace", "after poll", "before question", "in recovery",
    "between turns",
)  # fmt: skip

RARE_POINTS = (
    "before intent", "after intent", "before fill", "after fill", "before submit", "after submit", "before cancel",
    "after cancel", "after cancel", "before replace",
)  # fmt: skip
"""Where a process seldom comes: drawn more often, and the first time there is as good as any."""

NIGHT_FAULTS = ("early assignment", "broken trade", "foreign trade", "foreign cash")

QUOTE_FAULTS = ("crossed", "no bid", "no sides", "wild", "absurd", "left out", "chain silent", "ten times", "told late")


ALL_FAULTS = (
    *LINE_FAULTS,
    *QUOTE_FAULTS,
    *STORE_FAULTS,
    *(f"killed {point}" for point in KILL_POINTS),
    *NIGHT_FAULTS,
    *(f"module {way}" for way in HOSTILE),
    "restart",
)
"""Every kind of fault: one that never struck is a fault of the simulation."""


@dataclass(frozen=True, slots=True)
class QuoteKnobs:
    """Chances in percent: of a contract at an instant, and from `chain_silent` on of a whole chain at an instant."""

    crossed: int = 0
    no_bid: int = 0
    no_sides: int = 0
    wild: int = 0
    absurd: int = 0
    left_out: int = 0
    chain_silent: int = 0
    ten_times: int = 0
    told_late: int = 0


@dataclass(frozen=True, slots=True)
class Knobs:
    """One seed's world."""

    seed: int
    start: dt.date
    market: int
    symbols: tuple[str, ...]
    line: FaultKnobs
    quotes: QuoteKnobs
    partial_pct: int
    early_pct: int
    hostile: tuple[str, ...]
    ours: tuple[str, ...]
    is_proven: bool
    is_explained: bool
    has_missing_limit: bool
    account_loss: int | None
    share_pct: int
    asks_first: bool
    acts: dict[str, int]
    """How often each act comes, as weights."""
    steps: int


MUCH = ("ticket", "close", "approve", "scan", "wait")
ACTS = (
    "wait", "jump", "ticket", "close", "approve", "approve twice", "approve late", "approve other", "refuse", "scan",
    "cut", "give", "deposit", "withdraw", "pause", "resume", "pause all", "resume all", "stop", "stop outside",
    "stop and re-arm", "rearm", "cancel", "replace", "roll", "target", "sweep", "settle", "plan", "confirm", "resolve",
    "reconcile", "add module", "change module", "remove module", "note", "nonsense", "restart", "kill", "store fault",
    "bust", "foreign", "foreign cash",
)  # fmt: skip
"""What a person, or fate, may do at a step."""


def knobs_of(seed: int) -> Knobs:
    """Draw the world of a seed."""
    dice = random.Random(f"knobs {seed}")
    market = dice.randrange(MARKETS)
    mood = dice.choice(("calm", "mixed", "mixed", "mixed", "hostile"))
    some = {"calm": (0,), "mixed": (0, 0, 0, 5, 15), "hostile": (0, 5, 10, 20)}[mood]

    def chance() -> int:
        return dice.choice(some)

    acts = {act: dice.choice((1, 1, 2)) if mood == "hostile" else dice.choice((0, 0, 1, 1)) for act in ACTS}
    acts |= {act: dice.choice((4, 8, 12)) for act in MUCH}
    acts["jump"] = 2
    for act in ("bust", "foreign", "roll", "cancel", "replace"):
        acts[act] += dice.choice((0, 1))
    if mood != "calm":
        acts["kill"], acts["store fault"] = dice.choice((3, 6, 10)), dice.choice((0, 1, 3))
    acts["resolve"] = acts["rearm"] = acts["resume"] = max(1, acts["resume"])
    return Knobs(
        seed=seed,
        start=STARTS[market % len(STARTS)],
        market=market,
        symbols=tuple(sorted(dice.sample(SYMBOLS, dice.choice((1, 2, 2))))),
        line=_line(dice, chance),
        quotes=_quotes(dice, is_calm=mood == "calm"),
        partial_pct=dice.choice((0, 40, 80)),
        early_pct=0 if mood == "calm" else dice.choice((0, 10, 40)),
        hostile=() if mood == "calm" else tuple(sorted(dice.sample(HOSTILE, dice.choice((0, 1, 1, 2))))),
        ours=tuple(sorted(dice.sample(OURS, dice.choice((1, 2))))),
        is_proven=dice.random() < 0.7,
        is_explained=dice.random() < 0.25,
        has_missing_limit=dice.random() < 0.1,
        account_loss=dice.choice((None, None, 200, 2000)),
        share_pct=dice.choice((50, 100)),
        asks_first=dice.random() < 0.5,
        acts=acts,
        steps=dice.choice((25, 35, 45)),
    )


def _line(dice: random.Random, chance: Callable[[], int]) -> FaultKnobs:
    return FaultKnobs(
        not_sent=chance(),
        lost=chance(),
        unheard=chance(),
        dropped=chance(),
        delayed=chance(),
        delay_s=dice.choice((1, 20, 120)),
        duplicated=chance(),
        reorder=dice.choice((0, 3, 50)) if chance() else 0,
        stale=min(100, 10 * chance()),
        silent=chance(),
        silent_s=dice.choice((30, 120)),
        ask_never=dice.choice((0, 30, 60)) if chance() else 0,
        ask_late=dice.choice((20, 50)) if chance() else 0,
        ask_late_s=dice.choice((5, 40)),
        incomplete=chance(),
        empty=chance(),
    )


def _quotes(dice: random.Random, *, is_calm: bool) -> QuoteKnobs:
    if is_calm:
        return QuoteKnobs()
    crossed, no_bid, no_sides, wild, absurd, left_out = (dice.choice((0, 0, 1, 3)) for _ in range(6))
    return QuoteKnobs(
        crossed, no_bid, no_sides, wild, absurd, left_out,
        chain_silent=dice.choice((0, 5, 15)), ten_times=dice.choice((0, 0, 4)), told_late=dice.choice((0, 5)),
    )  # fmt: skip
