"""Users' modules for tests, small and hostile, and contexts to ask them about."""

from dataclasses import replace
from typing import Any

from engine.core.money import dollars
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Waivers
from engine.domain.position import Position
from engine.domain.scan import ManageContext, ScanContext
from engine.domain.structure import StructureKind
from engine.market.store import MarketStore
from engine.modules.sandbox.parent import Program
from engine.modules.sandbox.process import ModuleFault, ModuleProcess, ProcessEnded
from engine.modules.sandbox.programs import hash_of
from engine.modules.sandbox.protocol import MIB, Limits, Look
from tests.builders import condor, position
from tests.fakes import chain_update, new_york

QUICK = Limits(scan_s=1.0, load_s=20.0, memory=768 * MIB, pause_s=0.01)

HEAD = """
from engine.domain.candidate import Finding
from engine.domain.scan import Exit, Hedge, Warn
from engine.domain.structure import StructureKind
STRUCTURES = (StructureKind.IRON_CONDOR,)
def nothing(context):
    return [Finding(symbol, None, "nothing today") for symbol in context.module.universe]
"""

QUIET = HEAD + "def scan(context): return nothing(context)\ndef manage(position, context): return ()\n"


def scanning(body: str) -> bytes:
    """A module whose scan has this body, one line, before it answers with nothing."""
    return f"{HEAD}def scan(context):\n    {body}\n    return nothing(context)\ndef manage(p, c): return ()\n".encode()


class Obedient:
    """One process for many tests: its module's scan does what each asks, and whatever it raises does not end it.

    `scan` may be any code, on lines of its own; it is sent as the module's name.
    """

    def __init__(self) -> None:
        self.process = ModuleProcess("mine", scanning("exec(compile(context.module.name, 'mine.py', 'exec'))"), QUICK)

    def tried(self, body: str) -> str:
        """The fault of a scan that does this, "" when it went through."""
        context = scan_context()
        try:
            self.process.ask(Look(replace(context, module=replace(context.module, name=body)), ()), 10.0)
        except ProcessEnded:
            raise
        except ModuleFault as fault:
            return str(fault)
        return ""


def managing(answer: str) -> bytes:
    """A module that finds nothing, and answers this expression about each position `p` in context `c`."""
    return f"{HEAD}def scan(context): return nothing(context)\ndef manage(p, c): return {answer}\n".encode()


def user_module(source: bytes = QUIET.encode(), **changes: Any) -> ModuleSpec:
    """A user's module that looks at SPY for iron condors."""
    spec = ModuleSpec(
        module_id="MINE",
        kind=ModuleKind.USER,
        name="Mine",
        limits=ModuleLimits(max_risk_per_trade=dollars(500), daily_loss_limit=dollars(1000)),
        autotrade=True,
        universe=("SPY",),
        structures=(StructureKind.IRON_CONDOR,),
        program=hash_of(source),
    )
    return replace(spec, **changes)


def program(source: bytes) -> Program:
    """A program under the name that its file would give it."""
    return Program("mine", source)


def scan_context(*held: Position, minute: int = 0, **changes: Any) -> ScanContext:
    """10:00 in New York, SPY at 100 and QQQ, which is not its own."""
    market = MarketStore()
    now = new_york(10, minute)
    market.apply(chain_update(now))
    market.apply(chain_update(now, symbol="QQQ"))
    context = ScanContext(
        now=now,
        generation=market.generation,
        module=user_module(),
        chains=market.chains(),
        iv_ranks={},
        available=dollars(10_000),
        open_positions=held,
        busy_symbols=frozenset(),
        costs=Costs(commission_per_contract=dollars("0.60")),
        waivers=Waivers(evidence=True, iv_rank=True, events=True),
        rate=0.04,
        outlooks={},
    )
    return replace(context, **changes)


def a_condor() -> Position:
    """One condor of SPY that the module holds."""
    return position(module_id="MINE", structure=condor((88, 93, 110, 115), "SPY"))


def manage_context(held: Position, minute: int = 0) -> ManageContext:
    """What it is told of that position some minutes after ten."""
    context = scan_context()
    quotes = {leg: context.chains["SPY"].quote(leg.contract) for leg in held.structure.legs}
    return ManageContext(new_york(10, minute), user_module(), quotes, 30, dollars(-50), context.chains["SPY"])
