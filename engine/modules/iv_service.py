"""IV Service: sells iron condors where implied volatility ranks high, and closes them by target, stop or days.

Source of rules and defaults: product terms, section 3. A scan is a pure function of its context; it reads each chain
as columns and names one reason for every symbol that gives no trade.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.chain_smile import chain_smile
from engine.analytics.chain_values import ChainValues, chain_values
from engine.analytics.payoff import PayoffLeg, breakevens, expiry_extremes
from engine.analytics.probability import chance_of_profit, expected_result
from engine.analytics.volatility_rank import SESSIONS
from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, from_float
from engine.domain.candidate import Candidate, Finding
from engine.domain.chain import Chain, Ints
from engine.domain.greeks import Greeks
from engine.domain.happening import UNKNOWN
from engine.domain.instrument import MULTIPLIER, contract_of, decode_keys
from engine.domain.mindfolio import ModuleKind
from engine.domain.order import OrderPurpose
from engine.domain.package import LadderRules, package_quote, to_tick, worst_limit
from engine.domain.position import Position
from engine.domain.scan import Exit, IvRank, ManageContext, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind, condor_buying_power, widest_wing
from engine.domain.structure_shapes import recognise
from engine.modules.iv_rules import IvRules

_RATIOS = (1, -1, -1, 1)
"""Long put, short put, short call, long call."""

_WIDEST_WING_FACTOR = 2

_NO_RANK = IvRank(None, 0)


class IvService:
    """A Strategy without state: everything it knows comes with the context."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.IV_SERVICE

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """One finding for each symbol of the universe, in its order: a condor, or why there is none.

        Candidates of one scan count against the most open positions as if they were filled; each is sized by the
        whole of what is available. Raises ValueError for parameters that cannot be.
        """
        rules = IvRules.of(context.module)
        held = frozenset(position.structure.symbol for position in context.open_positions if position.status.is_open)
        findings: list[Finding] = []
        proposed: frozenset[str] = frozenset()
        for symbol in context.module.universe:
            finding = _look_at(symbol, context, rules, held, proposed)
            if finding.candidate is not None:
                proposed |= {symbol}
            findings.append(finding)
        return tuple(findings)

    def manage(self, position: Position, context: ManageContext) -> Exit | None:
        """Close at the stop, the target or the last day, each inclusive; None to hold on.

        Credit and cost to close are compared as whole amounts, before commissions. Without a mark only the days count.
        Raises ValueError for parameters that cannot be.
        """
        rules = IvRules.of(context.module)
        credit = -position.cost
        if not position.status.is_open or context.dte < 0:
            return None
        if context.mark is not None and credit > 0:
            profit = context.mark + credit
            if -profit * 100 >= rules.stop_loss_pct * credit:
                return Exit(position.position_id, f"stop: loss {-profit / credit:.1f} x the credit")
            if profit * 100 >= rules.profit_target_pct * credit:
                return Exit(position.position_id, f"profit target: {profit * 100 // credit} % of the credit")
        if context.dte <= rules.exit_days:
            return Exit(position.position_id, f"{context.dte} day{'s' * (context.dte != 1)} to expiry")
        return None


@dataclass(frozen=True, slots=True)
class _Skip:
    """Why something is not traded."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class _Board:
    """A chain with one expiry's values, decoded; `is_usable` (n,) marks rows that the newest snapshot quotes well."""

    chain: Chain
    values: ChainValues
    expiration: Ints
    is_put: NDArray[np.bool_]
    strike: Ints
    is_usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Condor:
    """A condor found: `rows` (4,) of the board in order of its legs, and what one unit costs and risks."""

    board: _Board
    rows: Ints
    structure: Structure
    expiration: dt.date
    expiry_dte: int
    net_price: Money
    worst_price: Money
    unit_risk: Money
    unit_costs: Money


def _look_at(
    symbol: str, context: ScanContext, rules: IvRules, held: frozenset[str], proposed: frozenset[str]
) -> Finding:
    rank = context.iv_ranks.get(symbol, _NO_RANK)
    chain = context.chains.get(symbol)
    numbers: dict[str, Fact] = {"iv_rank_pct": _known(rank), "iv_rank_sessions": rank.sessions}
    refusal = _refusal(symbol, context, rules, held, proposed) or _rank_refusal(rank, context, rules)
    if refusal:
        return Finding(symbol, None, refusal, numbers)
    if chain is None or chain.key.size == 0:
        return Finding(symbol, None, "no option quotes yet", numbers)
    numbers["spot_usd"] = from_float(chain.spot)
    found = _find(symbol, chain, context, rules)
    if isinstance(found, _Skip):
        return Finding(symbol, None, found.reason, numbers)
    candidate = _candidate(found, rank, context, rules)
    return Finding(symbol, candidate, "; ".join(candidate.reasons), numbers | _numbers_of(found))


def _refusal(symbol: str, context: ScanContext, rules: IvRules, held: frozenset[str], proposed: frozenset[str]) -> str:
    """Why a symbol is not looked at, whatever its market; "" when it is."""
    if StructureKind.IRON_CONDOR not in context.module.structures:
        return "iron condors are not enabled in this module"
    if symbol in held:
        return "position already open"
    if symbol in context.busy_symbols:
        return "an order is working or an approval waiting already"
    taken = len(held | context.busy_symbols | proposed)
    if taken >= rules.max_open_positions:
        return f"{taken} positions open, working or proposed, at most {rules.max_open_positions}"
    return ""


def _rank_refusal(rank: IvRank, context: ScanContext, rules: IvRules) -> str:
    percent = _known(rank)
    if percent is None:
        return "" if context.waivers.iv_rank else f"IV rank unknown ({rank.sessions} sessions)"
    return "" if percent >= rules.min_iv_rank_pct else f"IV rank {percent:g} below {rules.min_iv_rank_pct:g}"


def _find(symbol: str, chain: Chain, context: ScanContext, rules: IvRules) -> _Condor | _Skip:
    """The condor of the expiry nearest the middle of the band that gives one; else why the nearest gives none.

    An expiry after an earnings or ex-dividend day gives none, and an earlier one in the band may.
    """
    expiration, _, _ = decode_keys(chain.key)
    today = market_day(context.now).toordinal()
    days = np.unique(expiration) - today
    days = days[(days >= rules.min_days) & (days <= rules.max_days)]
    # Stable: of two expiries equally far from the middle the earlier comes first.
    days = days[np.argsort(np.abs(2 * days - rules.min_days - rules.max_days), kind="stable")]
    first: _Skip | None = None
    for expiry_dte in days.tolist():
        found = _event_before(symbol, today + expiry_dte, context) or _made(chain, expiry_dte, context, rules)
        if isinstance(found, _Condor):
            return found
        first = first or found
    return first or _Skip(f"no expiry in {rules.min_days}-{rules.max_days} days")


def _event_before(symbol: str, ordinal: int, context: ScanContext) -> _Skip | None:
    """Why nothing that lives to a day (an ordinal) is opened, None when no event speaks against it."""
    last = dt.date.fromordinal(ordinal)
    found = context.outlooks.get(symbol, UNKNOWN).until(last)
    if found is None:
        return None if context.waivers.events else _Skip(f"earnings and dividends until {last} are unknown")
    event = min(found, key=lambda each: each.day, default=None)
    return None if event is None else _Skip(f"{event.kind} on {event.day}, before the expiry on {last}")


def _made(chain: Chain, expiry_dte: int, context: ScanContext, rules: IvRules) -> _Condor | _Skip:
    """The condor of one expiry, or why it gives none."""
    ordinal = market_day(context.now).toordinal() + expiry_dte
    board = _board(chain, ordinal, context.now, context.rate)
    rows = _choose(board, ordinal, rules)
    return rows if isinstance(rows, _Skip) else _priced(board, rows, expiry_dte, context, rules)


def _board(chain: Chain, ordinal: int, now: dt.datetime, rate: float) -> _Board:
    expiration, is_put, strike = decode_keys(chain.key)
    # Neither condors nor smiles are made of what is far in the money, and that is the dearest to value.
    is_near = np.where(is_put, strike, -strike) <= UNIT * chain.spot * np.where(is_put, 1.1, -0.9)
    values = chain_values(chain, now, rate, wanted=is_near & (expiration == ordinal))
    return _Board(chain, values, expiration, is_put, strike, values.valid & chain.tradable)


def _choose(board: _Board, expiration: int, rules: IvRules) -> Ints | _Skip:
    """Rows of long put, short put, short call, long call of one expiration (an ordinal)."""
    listed = board.is_usable & (board.expiration == expiration)
    on = dt.date.fromordinal(expiration)
    shorts: list[int] = []
    longs: list[int] = []
    for word, side in (("put", listed & board.is_put), ("call", listed & ~board.is_put)):
        short = _short_row(board, side, rules)
        if short is None:
            return _Skip(f"no {word} strike at {rules.min_delta:g}-{rules.max_delta:g} delta with a quote on {on}")
        long = _wing_row(board, side, short, rules)
        if long is None:
            far = rules.wing_width * _WIDEST_WING_FACTOR
            strike = int(board.strike[short]) / UNIT
            return _Skip(f"no {word} wing {rules.wing_width:g}-{far:g} beyond {strike:g} with a quote on {on}")
        shorts.append(short)
        longs.append(long)
    return np.array([longs[0], shorts[0], shorts[1], longs[1]], dtype=np.int64)


def _short_row(board: _Board, side: NDArray[np.bool_], rules: IvRules) -> int | None:
    """The strike nearest the middle of the delta band; of two equally near the one further from the money."""
    delta = np.abs(board.values.delta) * 100
    rows = np.flatnonzero(side & (delta >= rules.min_delta) & (delta <= rules.max_delta))
    if rows.size == 0:
        return None
    distance = np.abs(delta[rows] - (rules.min_delta + rules.max_delta) / 2)
    # Rounded, so that the last bits of a delta never decide between two strikes.
    return int(rows[np.lexsort((delta[rows], np.round(distance, 6)))[0]])


def _wing_row(board: _Board, side: NDArray[np.bool_], short: int, rules: IvRules) -> int | None:
    """The nearest listed strike at least the wing's width further out, and at most twice that."""
    outwards = -1 if board.is_put[short] else 1
    distance = (board.strike - board.strike[short]) * outwards
    width = round(rules.wing_width * UNIT)
    rows = np.flatnonzero(side & (distance >= width) & (distance <= width * _WIDEST_WING_FACTOR))
    return int(rows[np.argmin(distance[rows])]) if rows.size else None


def _priced(board: _Board, rows: Ints, expiry_dte: int, context: ScanContext, rules: IvRules) -> _Condor | _Skip:
    """The condor with its prices, if it is one and pays enough for its risk and its costs."""
    contracts = [contract_of(board.chain.symbol, key) for key in board.chain.key[rows].tolist()]
    legs = tuple(Leg(contract, ratio) for contract, ratio in zip(contracts, _RATIOS, strict=True))
    quote = package_quote(legs, tuple(board.chain.quote(contract) for contract in contracts), OrderPurpose.OPEN)
    if quote is None or recognise(legs) is not StructureKind.IRON_CONDOR:
        return _Skip(f"the strikes on {contracts[0].expiration} make no iron condor")
    structure = Structure(StructureKind.IRON_CONDOR, legs)
    net, worst = to_tick(quote.mid), worst_limit(quote, OrderPurpose.OPEN, LadderRules())
    wing, costs = widest_wing(structure), context.costs.commission_per_contract * len(legs)
    if -net * 100 < rules.min_credit_pct * wing:
        share = f"{-net * 100 / wing:.1f} % of the {_usd(wing)} wing"
        return _Skip(f"credit {_usd(-net)} is {share}, below {rules.min_credit_pct} %")
    if -worst * MULTIPLIER <= 2 * costs:
        at_worst = f"{_usd(-worst * MULTIPLIER)} at the worst price"
        return _Skip(f"credit too small after costs: {at_worst}, {_usd(2 * costs)} to open and close")
    expiry_worst = expiry_extremes(_expiry_legs(structure), -worst * MULTIPLIER).worst
    if expiry_worst is None or expiry_worst >= 0:
        return _Skip(f"credit {_usd(-worst)} is no less than the {_usd(wing)} wing: these quotes cannot be right")
    return _Condor(board, rows, structure, contracts[0].expiration, expiry_dte, net, worst, -expiry_worst, costs)


def _candidate(condor: _Condor, rank: IvRank, context: ScanContext, rules: IvRules) -> Candidate:
    quantity, limited_by = _size(condor, context, rules)
    values, rows = condor.board.values, condor.rows
    smile = chain_smile(condor.board.chain, values, condor.expiration.toordinal())
    legs = _expiry_legs(condor.structure)
    cash = -condor.net_price * MULTIPLIER
    after_costs = cash - 2 * condor.unit_costs
    probability, expected = chance_of_profit(legs, after_costs, smile), expected_result(legs, after_costs, smile)
    unknown = () if _known(rank) is not None else ("iv_rank",)
    return Candidate(
        module_id=context.module.module_id,
        structure=condor.structure,
        quantity=quantity,
        net_price=condor.net_price,
        worst_price=condor.worst_price,
        buying_power=condor_buying_power(condor.structure, condor.worst_price, quantity),
        max_risk=condor.unit_risk * quantity,
        costs=condor.unit_costs * quantity,
        generation=context.generation,
        greeks=_greeks(values, rows, quantity),
        breakevens=breakevens(legs, cash),
        probability_of_profit=None if probability is None else round(probability, 4),
        expected_profit=None if expected is None else from_float(round(expected * quantity, 2)),
        iv_rank=_known(rank),
        iv_rank_sessions=rank.sessions,
        reasons=(*_reasons(condor, rank, rules), limited_by),
        waived=(*(("evidence",) if context.waivers.evidence else ()), *unknown),
    )


def _size(condor: _Condor, context: ScanContext, rules: IvRules) -> tuple[int, str]:
    """As many as every rule allows, and which rule binds; one where none fits, so that the gate says by how much."""
    wanted = condor_buying_power(condor.structure, condor.worst_price, 1) + condor.unit_costs
    risked = condor.unit_risk + condor.unit_costs
    max_risk = context.module.limits.max_risk_per_trade
    interest = float(condor.board.chain.open_interest[condor.rows].min())
    allowed = {
        "max risk per trade": 0 if max_risk is None else max_risk // risked,
        "available budget": context.available // wanted,
        "open interest": int(interest) * rules.open_interest_share_pct // 100 if np.isfinite(interest) else 0,
        "most contracts a trade": rules.max_contracts,
    }
    if context.waivers.evidence:
        allowed["backtest evidence waived"] = 1
    rule, quantity = min(allowed.items(), key=lambda entry: entry[1])
    if quantity < 1:
        return 1, f"1 contract although {rule} allows none"
    return quantity, f"{quantity} contract{'s' * (quantity != 1)}: {rule}"


def _greeks(values: ChainValues, rows: Ints, quantity: int) -> Greeks:
    units = np.array(_RATIOS) * MULTIPLIER * quantity
    return Greeks(
        delta=float(values.delta[rows] @ units),
        gamma=float(values.gamma[rows] @ units),
        theta=float(values.theta[rows] @ units),
        vega=float(values.vega[rows] @ units),
    ).rounded()


def _reasons(condor: _Condor, rank: IvRank, rules: IvRules) -> tuple[str, ...]:
    percent = _known(rank)
    about_rank = f"IV rank unknown ({rank.sessions} sessions), waived"
    if percent is not None:
        short = ", less than a year" if rank.sessions < SESSIONS else ""
        about_rank = f"IV rank {percent:g} ({rank.sessions} sessions{short}), at least {rules.min_iv_rank_pct:g}"
    put, call = (abs(float(condor.board.values.delta[row])) * 100 for row in condor.rows[1:3].tolist())
    strikes = "/".join(f"{strike / UNIT:g}" for strike in condor.structure.strikes)
    wing = widest_wing(condor.structure)
    return (
        about_rank,
        f"condor {strikes}, {condor.expiry_dte} days",
        f"short put at {put:.1f} delta, short call at {call:.1f}",
        f"credit {_usd(-condor.net_price)} is {-condor.net_price * 100 / wing:.1f} % of the {_usd(wing)} wing",
    )


def _numbers_of(condor: _Condor) -> dict[str, Fact]:
    """The figures behind a candidate for the scan record; "_usd" is money, 1/10,000 USD a share."""
    values, rows = condor.board.values, condor.rows.tolist()
    return {
        "expiration": condor.expiration.isoformat(),
        "expiry_dte": condor.expiry_dte,
        "short_put_delta": round(float(values.delta[rows[1]]), 4),
        "short_call_delta": round(float(values.delta[rows[2]]), 4),
        "short_put_iv": round(float(values.iv[rows[1]]), 4),
        "short_call_iv": round(float(values.iv[rows[2]]), 4),
        "credit_usd": -condor.net_price,
        "worst_credit_usd": -condor.worst_price,
        "wing_usd": widest_wing(condor.structure),
    }


def _expiry_legs(structure: Structure) -> list[PayoffLeg]:
    return [(leg.contract.right, leg.contract.strike, leg.ratio) for leg in structure.legs]


def _known(rank: IvRank) -> float | None:
    return rank.percent if rank.percent is not None and np.isfinite(rank.percent) else None


def _usd(amount: Money) -> str:
    return f"{amount / UNIT:.2f}"
