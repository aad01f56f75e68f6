"""What tables and tickets say alike about structures and about what an environment waived."""

from collections.abc import Iterable, Mapping

from engine.core.errors import Fact
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import Structure
from engine.domain.worst_case import Scenario, ScenarioTime
from mindfolio_desktop.ui import format as fmt

_WAIVED = {"evidence": "evidence waived", "iv_rank": "IV rank waived", "events": "event calendar waived"}


def status_words(snapshot: MindfolioSnapshot) -> tuple[str, str]:
    """How the whole stands, and the role to show it in: `Active`, `3 of 4 active`, `All paused`, `Stopped`."""
    words = snapshot.status.value.capitalize()
    if snapshot.status is not MindfolioStatus.ACTIVE:
        return words, "warning-chip"
    paused = sum(view.status is ModuleStatus.PAUSED for view in snapshot.modules)
    if not paused:
        return words, "chip"
    count = len(snapshot.modules)
    return "All paused" if paused == count else f"{count - paused} of {count} active", "warning-chip"


def structure_words(structure: Structure) -> str:
    """A structure beside its symbol: `17 Apr 240/250/270/280 iron condor`."""
    return fmt.structure(structure).removeprefix(f"{structure.symbol} ")


def quantity_words(quantity: int, words: str) -> str:
    """How many of a structure: `2`, a multiplication sign, `17 Apr 240/250/270/280 iron condor`."""
    return f"{quantity} \N{MULTIPLICATION SIGN} {words}"


def scenario_words(scenario: Scenario) -> str:
    """In which case: `TSLA falls 30%, volatility 50% higher`, `a crash of 20% with volatility 80% higher`."""
    volatility = ""
    if scenario.volatility_pct:
        side = "higher" if scenario.volatility_pct > 0 else "lower"
        volatility = f", volatility {fmt.percent(abs(scenario.volatility_pct), 0)} {side}"
    moved = fmt.percent(abs(scenario.price_pct), 0)
    if scenario.is_crash:
        words = f"a market crash of {moved}{volatility}"
    elif scenario.price_pct:
        verb = (("falls", "rises") if scenario.symbol else ("all fall", "all rise"))[scenario.price_pct > 0]
        words = f"{scenario.symbol} {verb} {moved}{volatility}".strip()
    else:
        words = f"{scenario.symbol or 'all prices'} where {'it is' if scenario.symbol else 'they are'}{volatility}"
    when = {ScenarioTime.LATER: f", in {fmt.counted(scenario.days, 'day')}", ScenarioTime.EXPIRY: ", at expiry"}
    assigned = ", every short option in the money assigned" if scenario.is_assigned else ""
    return f"{words}{when.get(scenario.when, '')}{assigned}"


def waived_words(waived: Iterable[str]) -> str:
    """`evidence waived, IV rank waived`; "" when nothing was."""
    return ", ".join(_WAIVED.get(name, f"{name} waived") for name in waived)


def number_lines(numbers: Mapping[str, Fact]) -> str:
    """The figures behind a scan row, one a line. A name that ends in `_usd` is money, in `_pct` percent."""
    return "\n".join(_number_line(name, value) for name, value in numbers.items())


def _number_line(name: str, value: Fact) -> str:
    if name.endswith("_usd"):
        words = name.removesuffix("_usd")
        text = fmt.price(value) if isinstance(value, int) else fmt.UNKNOWN
    elif name.endswith("_pct"):
        words = name.removesuffix("_pct")
        text = fmt.percent(float(value)) if isinstance(value, int | float) else fmt.UNKNOWN
    else:
        words = name
        text = _plain(value)
    words = words.replace("_", " ").replace("iv ", "IV ")
    return f"{words[:1].upper()}{words[1:]}: {text}"


def _plain(value: Fact) -> str:
    if isinstance(value, str):
        return fmt.told(value)
    if isinstance(value, int):
        return fmt.number(value, 0)
    return fmt.number(value, 4)
