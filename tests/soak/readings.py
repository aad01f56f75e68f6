"""What was measured of a long run, by month, and the judgement of it. Light: nothing of the program is imported."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median

from engine.core.text_table import text_table

MB = 2**20
SESSIONS_A_MONTH = 21
WARM_UP_MONTHS = 2
"""Until then pages are made, caches fill, and the first positions come and go."""

MOST_A_MONTH = 1.0 * MB
MOST_AT_ALL = 450 * MB
_FLAT = 0.02
"""What may come and go by chance over a whole run, as a part of the usual number; at least one."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What everything used as a session began (`session` were over by then), or at another moment. Memory in bytes."""

    session: int
    elapsed_s: float
    cpu_s: float
    program: int
    helpers: int
    own: int
    files: int
    threads: int
    processes: int
    widgets: int
    qobjects: int
    """Those that Python knows of, as widgets are."""
    objects: int
    """What the cycle collector looks after, what is set aside left out."""
    ledger: int
    entries: int
    opened: int
    """Positions so far."""

    @property
    def resident(self) -> int:
        """Of all processes together."""
        return self.program + self.helpers


@dataclass(slots=True)
class Watched:
    """What was seen of a run."""

    readings: list[Reading] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    checks: int = 0
    """How often the books were held against the journal and the broker."""
    turns: int = 0
    done: dict[str, int] = field(default_factory=dict)
    denied: dict[str, int] = field(default_factory=dict)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Theil and Sen's: the median of the slopes between all pairs, which single bursts do not move; 0 without any."""
    slopes = [(after[1] - before[1]) / (after[0] - before[0])
              for before, after in combinations(points, 2) if after[0] != before[0]]  # fmt: skip
    return median(slopes) if slopes else 0.0


def after_warm_up(readings: Sequence[Reading], months: int = WARM_UP_MONTHS) -> list[Reading]:
    """Those that are judged."""
    return [each for each in readings if each.session >= months * SESSIONS_A_MONTH]


_FLAT_ONES: dict[str, Callable[[Reading], float]] = {
    "open files": lambda one: one.files,
    "threads": lambda one: one.threads,
    "processes": lambda one: one.processes,
    "widgets": lambda one: one.widgets,
    "QObjects": lambda one: one.qobjects,
}


def judged(watched: Watched, sessions: int, months: int = WARM_UP_MONTHS) -> list[str]:
    """Why a run of so many sessions is red, nothing where it is green. Of growth only where `tells_growth`."""
    readings, why = watched.readings, list(watched.faults)
    over = readings[-1].session if readings else 0
    if over < sessions:
        why.append(f"only {over} of {sessions} sessions were over")
    if not watched.checks:
        why.append("the books were never checked")
    if readings and not readings[-1].opened:
        why.append("no position was opened: nothing was tried")
    steady = after_warm_up(readings, months)
    if not tells_growth(steady):
        return why
    growth = monthly_growth(steady)
    if growth >= MOST_A_MONTH:
        why.append(f"memory grows by {growth / MB:.2f} MB a month ({MOST_A_MONTH / MB:.0f} allowed)")
    span = steady[-1].session - steady[0].session
    for name, of in _FLAT_ONES.items():
        usual = median(of(one) for one in steady)
        rise = slope([(one.session, of(one)) for one in steady]) * span
        if rise > max(1.0, _FLAT * usual):
            why.append(f"{name} rise by {rise:.0f} in {span} sessions, {usual:.0f} is usual")
    return why


def tells_growth(steady: Sequence[Reading]) -> bool:
    """Whether readings after the warm-up are enough to say anything of a slope."""
    return len(steady) > SESSIONS_A_MONTH


def monthly_growth(steady: Sequence[Reading]) -> float:
    """Bytes a month, of all processes together."""
    return slope([(one.session, one.resident) for one in steady]) * SESSIONS_A_MONTH


def judged_minutes(watched: Watched) -> list[str]:
    """Why a run of some minutes is red: only how much memory it has at the end."""
    at_end = watched.readings[-1].resident if watched.readings else 0
    too_much = [f"{at_end / MB:.0f} MB at the end ({MOST_AT_ALL / MB:.0f} allowed)"] if at_end > MOST_AT_ALL else []
    return watched.faults + too_much


def monthly(readings: Sequence[Reading]) -> list[str]:
    """A table: medians of each month, and what ledger and positions had come to by its end."""
    months: dict[int, list[Reading]] = {}
    for one in readings[1:]:
        months.setdefault((one.session - 1) // SESSIONS_A_MONTH, []).append(one)
    return _table("month", [(str(number + 1), each) for number, each in months.items()])


def by_minute(readings: Sequence[Reading]) -> list[str]:
    """The same of each minute."""
    minutes: dict[int, list[Reading]] = {}
    for one in readings:
        minutes.setdefault(int(one.elapsed_s // 60), []).append(one)
    return _table("minute", [(str(number + 1), each) for number, each in minutes.items()])


def _table(what: str, groups: Sequence[tuple[str, Sequence[Reading]]]) -> list[str]:
    head = [what, "all MB", "program", "others", "unshared", "files", "threads", "processes", "widgets", "QObjects",
            "collected", "ledger MB", "entries", "opened", "s"]  # fmt: skip

    def row(name: str, each: Sequence[Reading]) -> list[str]:
        def middle(of: Callable[[Reading], float], size: float = 1.0) -> str:
            return f"{median(of(one) for one in each) / size:,.{0 if size == 1 else 1}f}"

        last = each[-1]
        return [
            name, middle(lambda one: one.resident, MB), middle(lambda one: one.program, MB),
            middle(lambda one: one.helpers, MB), middle(lambda one: one.own, MB),
            *(middle(of) for of in _FLAT_ONES.values()), middle(lambda one: one.objects),
            f"{last.ledger / MB:.1f}", f"{last.entries:,}", f"{last.opened:,}", f"{last.elapsed_s:.0f}",
        ]  # fmt: skip

    return text_table(head, [row(*group) for group in groups])


def told(watched: Watched, sessions: int, months: int, *, is_of_minutes: bool) -> tuple[str, bool]:
    """Everything that is told of a run, and whether it is green."""
    did = ", ".join(f"{name} {count}" for name, count in sorted(watched.done.items()))
    not_done = ", ".join(f"{name} {count}" for name, count in sorted(watched.denied.items()))
    lines = [
        *(by_minute if is_of_minutes else monthly)(watched.readings),
        f"{watched.turns:,} pages turned; books checked {watched.checks} times",
        f"done: {did or 'nothing'}; refused: {not_done or 'nothing'}",
    ]
    why = judged_minutes(watched) if is_of_minutes else judged(watched, sessions, months)
    if not is_of_minutes:
        steady = after_warm_up(watched.readings, months)
        growth = (
            f"{monthly_growth(steady) / MB:+.2f} MB a month" if tells_growth(steady) else "too few sessions to tell"
        )
        lines.append(f"memory after {months} months: {growth}")
    lines += [f"red: {each}" for each in why] or ["green"]
    return "\n".join(lines), not why
