"""Bull put spreads: sells a put below the market and buys one further down, where premium pays for the risk.

A module is two functions. `scan` looks at every symbol of the universe and answers with one finding for each: a trade,
or why there is none. `manage` is asked about each open position and answers with what to do, or () to hold on. Both
only compute: nothing is sent from here, and every trade still has to pass the gate.
"""

from engine.core.calendar import market_day
from engine.domain.candidate import Finding
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.base import ParameterSpec, read_parameters
from engine.modules.board import Board, board_of, days_listed, row_at_delta
from engine.modules.proposal import (
    NO_RANK,
    Package,
    PickedLeg,
    SizeRules,
    Skip,
    candidate_of,
    expiry_odds,
    priced,
    sized,
)
from engine.modules.screening import by_rank, event_before, looked_at, room_for, symbol_refusal

# What it trades. A person chooses among these when the module is added; others are refused.
STRUCTURES = (StructureKind.BULL_PUT_SPREAD,)

# Its settings: name, label, unit, default, least, most, help. A whole default makes whole numbers.
PARAMETERS = (
    ParameterSpec("min_days", "Expiry from", "days", 30, 1, 365, "Nearest expiry."),
    ParameterSpec("max_days", "Expiry to", "days", 45, 1, 365, "Furthest expiry."),
    ParameterSpec("min_delta", "Short delta from", "delta", 16.0, 1, 50, "Furthest put that is sold, 16 = 0.16."),
    ParameterSpec("max_delta", "Short delta to", "delta", 30.0, 1, 50, "Nearest put that is sold."),
    ParameterSpec("width_pct", "Width", "% of spot", 2.0, 0.5, 20, "From the put sold to the put bought, at least."),
    ParameterSpec("min_credit_pct", "Credit at least", "% of width", 15, 1, 90, "Least credit for the risk."),
    ParameterSpec("target_pct", "Target", "% of credit", 50, 1, 100, "Close when this much is earned."),
    ParameterSpec("stop_pct", "Stop", "% of credit", 200, 10, 1000, "Close when the loss reaches this."),
    ParameterSpec("exit_days", "Out at", "days", 21, 0, 364, "Close at so many days to expiry."),
    ParameterSpec("max_positions", "Positions at most", "", 5, 1, 100, "One a symbol."),
)


def scan(context: ScanContext) -> tuple[Finding, ...]:
    """At least one finding for each symbol of the universe, the best candidates first."""
    rules = read_parameters(PARAMETERS, context.module.parameters)
    most = int(rules["max_positions"])
    # The highest IV rank first, until there are as many candidates as room: valuing chains is what takes time.
    return looked_at(
        by_rank(context, highest_first=True),
        lambda symbol: (look_at(symbol, context, rules, most),),
        room_for(context, most),
        context,
    )


def look_at(symbol: str, context: ScanContext, rules: dict[str, int | float], most: int) -> Finding:
    """One symbol: a spread with its reasons, or why there is none."""
    refusal = symbol_refusal(symbol, context, most)
    chain = context.chains.get(symbol)
    if refusal or chain is None:
        return Finding(symbol, None, refusal or "no option quotes yet")
    why = f"no expiry in {rules['min_days']}-{rules['max_days']} days"
    today = market_day(context.now).toordinal()
    for days in days_listed(chain, context.now, int(rules["min_days"]), int(rules["max_days"])):
        event = event_before(symbol, today + days, context)  # earnings or a dividend before the expiry
        if event is not None:
            return Finding(symbol, None, event.reason)
        board = board_of(chain, today + days, context.now, context.rate)
        found = spread(board, today + days, context, rules)
        if isinstance(found, Package):
            size = sized(found, context, SizeRules(open_interest_share_pct=5, max_contracts=10))
            reasons = (f"put spread, {days} days", f"short put at {-found.picked[1].delta * 100:.1f} delta")
            rank, odds = context.iv_ranks.get(symbol, NO_RANK), expiry_odds(found, context)
            candidate = candidate_of(found, context, size, rank, reasons, odds)
            return Finding(symbol, candidate, "; ".join(candidate.reasons))
        why = found.reason
    return Finding(symbol, None, why)


def spread(board: Board, expiry: int, context: ScanContext, rules: dict[str, int | float]) -> Package | Skip:
    """The spread of one expiry, or why it gives none. Rows of the board are contracts; arrays, not loops."""
    puts = board.listed(expiry, puts=True)
    short = row_at_delta(board, puts, rules["min_delta"], rules["max_delta"])
    if short is None:
        return Skip("no put with a quote in the band of deltas")
    least = board.chain.spot * rules["width_pct"] * 100  # strikes are in 1/10,000 USD
    far = puts & (board.strike[short] - board.strike >= least)
    if not far.any():
        return Skip("no put with a quote far enough below")
    long = int(far.nonzero()[0][board.strike[far].argmax()])
    package = priced([PickedLeg(board, long, 1), PickedLeg(board, short, -1)], STRUCTURES[0], context)
    if isinstance(package, Skip):
        return package
    width = int(board.strike[short] - board.strike[long])
    if -package.net_price * 100 < rules["min_credit_pct"] * width:
        return Skip(f"credit is {-package.net_price * 100 / width:.1f} % of the width, too little")
    return package


def manage(position: Position, context: ManageContext) -> tuple[Action, ...]:
    """Close at the target, the stop or the last day. `mark` is the position's value at mid, None without quotes."""
    rules = read_parameters(PARAMETERS, context.module.parameters)
    credit = -position.cost  # amounts are in 1/10,000 USD; what was received is a negative cost
    if context.mark is not None and credit > 0:
        profit = credit + context.mark
        if -profit * 100 >= rules["stop_pct"] * credit:
            return (Exit(position.position_id, f"stop: {profit * 100 // credit} % of the credit", ExitCode.STOP),)
        if profit * 100 >= rules["target_pct"] * credit:
            return (Exit(position.position_id, f"target: {profit * 100 // credit} % of the credit", ExitCode.TARGET),)
    if context.dte is not None and context.dte <= rules["exit_days"]:
        return (Exit(position.position_id, f"{context.dte} days to expiry", ExitCode.DAYS),)
    return ()
