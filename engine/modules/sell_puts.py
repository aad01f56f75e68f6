"""Sell Puts Engine: sells cash-secured puts on companies worth owning, and calls on the shares that it is assigned.

One lineage from the put through the shares to the call that takes them away. Source of rules and defaults: product
terms, section 3. Over its budget it sells no put; calls on shares that are held take no buying power and are proposed,
but the gate refuses whatever costs something until there is room for it.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain as chained

from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, from_float
from engine.domain.candidate import Finding
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, ScanContext, Trade
from engine.domain.structure import Leg, StructureKind
from engine.modules.proposal import NO_RANK, Skip, known, rank_refusal
from engine.modules.screening import by_rank, refused_today, room_for, symbol_refusal
from engine.modules.sell_puts_calls import free_lots, look_at_shares, net_basis
from engine.modules.sell_puts_open import FoundPut, Means, cash, find_put, put_candidate, put_numbers, rank_words
from engine.modules.sell_puts_roll import call_roll, put_roll
from engine.modules.sell_puts_rules import PutRules

PUT = StructureKind.SHORT_PUT


class SellPuts:
    """A Strategy without state: everything it knows comes with the context."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.SELL_PUTS_ENGINE

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Calls on shares that are held; then a put for each symbol of the universe, or why there is none.

        Puts that the module can pay for come first, highest IV rank first, scored companies before those that only a
        person may decide on; then those that it cannot pay for, which say by how much, and what it could sell instead.
        Raises ValueError for parameters that cannot be.
        """
        rules = PutRules.of(context.module)
        held = [each for each in context.open_positions if each.status.is_open and free_lots(each)]
        calls = [look_at_shares(position, context, rules) for position in held]
        return (*calls, *_puts(context, rules))

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Targets of both sides; stop, days and one roll of puts; rolls of calls that would be called away.

        Looks at no chain unless a roll is due. A tested put that cannot be rolled is taken to assignment where it is
        paid for, else closed. Raises ValueError for parameters that cannot be.
        """
        rules = PutRules.of(context.module)
        if not position.status.is_open or context.dte is None or context.dte < 0:
            return ()
        parts = (
            _put_actions(position, leg, context, rules)
            if leg.contract.right is Right.PUT
            else _call_actions(position, leg, context, rules)
            for leg in position.structure.legs
            if leg.ratio < 0
        )
        return tuple(chained.from_iterable(parts))


# --- scan ------------------------------------------------------------------------------------------------------------
def _puts(context: ScanContext, rules: PutRules) -> tuple[Finding, ...]:
    """One finding for each symbol: as many puts as there is room for are looked for, and no further chain is valued.

    What the gate turned down at the last scan is proposed again and takes no room.
    """
    means, room = Means.of(context, rules), room_for(context, rules.max_open_positions)
    ranked = by_rank(context, highest_first=True)
    # Those that a person has to decide on take no room from what may be traded now.
    symbols = sorted(ranked, key=lambda symbol: bool(_score(symbol, context, rules)[1]))
    funded: list[Finding] = []
    unfunded: list[tuple[Finding, FoundPut]] = []
    skipped: list[Finding] = []
    for symbol in symbols:
        taken = sum((each.symbol, PUT) not in context.turned_down for each in funded)
        if taken and taken >= room:
            words = f"{room} position{'s' * (room != 1)}"
            why = f"not looked at: symbols ranked before it take the room for {words}"
            skipped.append(Finding(symbol, None, why, structure=PUT))
            continue
        finding, found = _look_at(symbol, context, rules, means)
        if found is None:
            skipped.append(finding)
        elif found.shortfall:
            unfunded.append((finding, found))
        else:
            funded.append(finding)
    return (*funded, *(_with_alternative(each, found, funded) for each, found in unfunded), *skipped)


def _look_at(symbol: str, context: ScanContext, rules: PutRules, means: Means) -> tuple[Finding, FoundPut | None]:
    """The finding of a symbol, and its put where there is one."""
    rank, chain = context.iv_ranks.get(symbol, NO_RANK), context.chains.get(symbol)
    about_score, needs_person, too_low = _score(symbol, context, rules)
    score = context.scores.get(symbol)
    numbers: dict[str, Fact] = {
        "iv_rank_pct": known(rank),
        "iv_rank_sessions": rank.sessions,
        "score": None if score is None else score.score,
        "score_as_of": None if score is None else score.as_of.isoformat(),
        "score_source": None if score is None else score.source,
    }
    refusal = _refusal(symbol, context, rules) or too_low or rank_refusal(rank, context, least=rules.min_iv_rank_pct)
    if refusal or chain is None or chain.key.size == 0:
        return Finding(symbol, None, refusal or "no option quotes yet", numbers, PUT), None
    numbers["spot_usd"] = from_float(chain.spot)
    found = find_put(symbol, chain, context, rules, means)
    if isinstance(found, Skip):
        return Finding(symbol, None, found.reason, numbers, PUT), None
    why = (rank_words(rank, rules), about_score)
    candidate = put_candidate(found, context, rules, means, rank, why, needs_person)
    numbers |= put_numbers(found, candidate, means)
    return Finding(symbol, candidate, "; ".join(candidate.reasons), numbers, PUT), found


def _refusal(symbol: str, context: ScanContext, rules: PutRules) -> str:
    """Why a symbol is not looked at, whatever its market; "" when it is."""
    if PUT not in context.module.structures:
        return "cash-secured puts are not enabled in this module"
    if context.available < 0:
        return f"over the budget by {cash(-context.available)}: no new put"
    return symbol_refusal(symbol, context, rules.max_open_positions, rules.rest_days) or refused_today(
        symbol, PUT, context
    )


def _score(symbol: str, context: ScanContext, rules: PutRules) -> tuple[str, str, str]:
    """What a symbol's score says, why only a person may decide ("" if not), and why it is not traded ("" if it may)."""
    score = context.scores.get(symbol)
    age = None if score is None else (market_day(context.now) - score.as_of).days
    if score is None or age is None or age < 0:
        return "no fundamentals score", "no fundamentals score", ""
    words = f"score {score.score:g} of {score.as_of} ({score.source})"
    if age > rules.max_score_days:
        stale = f"{words} is {age} days old and counts as none"
        return stale, stale, ""
    if score.score < rules.min_score:
        return words, "", f"{words} below {rules.min_score:g}"
    return f"{words}, at least {rules.min_score:g}", "", ""


def _with_alternative(finding: Finding, found: FoundPut, funded: list[Finding]) -> Finding:
    """A put that cannot be funded, with the best of the scan that can be."""
    candidate = finding.candidate
    best = next((each.candidate for each in funded if each.candidate is not None), None)
    if candidate is None:
        return finding
    offer = "no put of the universe that was looked at fits what is available"
    if best is not None:
        strike, symbol = best.structure.strikes[0], best.structure.symbol
        offer = f"instead: {best.quantity} x {symbol} {strike / UNIT:g} put, {cash(best.buying_power)} if assigned"
    reasons = (*candidate.reasons, offer)
    return replace(
        finding,
        candidate=replace(candidate, reasons=reasons),
        reason="; ".join(reasons),
        # The gate refuses it by its codes; the words stay beside them in the record.
        numbers=finding.numbers | {"shortfall": found.shortfall, "alternative": offer},
    )


# --- manage ----------------------------------------------------------------------------------------------------------
def _put_actions(position: Position, leg: Leg, context: ManageContext, rules: PutRules) -> Iterator[Action]:
    credit, profit = _result(position, leg, context)
    dte = (leg.contract.expiration - market_day(context.now)).days
    why = f"{dte} day{'s' * (dte != 1)} to expiry"
    if profit is not None and credit > 0:
        if rules.stop_loss_pct and -profit * 100 >= rules.stop_loss_pct * credit:
            yield Exit(
                position.position_id,
                f"stop: loss {-profit / credit:.1f} x the credit",
                ExitCode.STOP,
                _of(position, leg),
            )
            return
        if profit * 100 >= rules.profit_target_pct * credit:
            yield _target(position, leg, profit, credit)
            return
    is_tested = _in_the_money(leg, context) >= 0
    if is_tested and dte <= rules.roll_days and position.rolls < rules.max_rolls:
        strike = leg.contract.strike / UNIT
        rolled = put_roll(position, leg, context, rules, f"the {strike:g} put is tested with {why}")
        if rolled is not None:
            yield Trade(rolled)
    needed = leg.contract.strike * MULTIPLIER * -position.held(leg.contract)
    means = position.used + max(0, context.available)
    if rules.exit_days and dte <= rules.exit_days:
        yield Exit(position.position_id, why, ExitCode.DAYS, _of(position, leg))
    elif is_tested and dte <= rules.roll_days and needed > means:
        unpaid = f"{why}, tested: the shares would take {cash(needed)} of {cash(means)}"
        yield Exit(position.position_id, unpaid, ExitCode.DAYS, _of(position, leg))


def _call_actions(position: Position, leg: Leg, context: ManageContext, rules: PutRules) -> Iterator[Action]:
    credit, profit = _result(position, leg, context)
    if profit is not None and credit > 0 and profit * 100 >= rules.profit_target_pct * credit:
        yield _target(position, leg, profit, credit)
        return
    why = _call_due(leg, context, rules)
    basis = net_basis(position)
    if not why or basis is None or position.rolls >= rules.max_rolls + rules.max_call_rolls:
        return
    rolled = call_roll(position, leg, context, rules, 0 if rules.calls_below_basis else basis, why)
    if rolled is not None:
        yield Trade(rolled)


def _call_due(leg: Leg, context: ManageContext, rules: PutRules) -> str:
    """Why a covered call should be rolled, "" while it need not: it may be exercised for a dividend, or is deep."""
    beyond = _in_the_money(leg, context)
    if beyond <= 0:
        return ""
    strike, dte = leg.contract.strike, (leg.contract.expiration - market_day(context.now)).days
    ex_day = context.outlook.ex_day_after(context.now)
    quote = context.quotes.get(leg)
    mid, pays = None if quote is None else quote.mid, context.dividend
    if ex_day is not None and (mid is None or pays is None or mid - beyond < pays):
        return f"ex-dividend on {ex_day}: the {strike / UNIT:g} call may be exercised tonight"
    if dte <= rules.roll_days and beyond * 100 >= rules.deep_pct * strike:
        return f"the {strike / UNIT:g} call is {beyond * 100 / strike:.1f} % in the money with {dte} days left"
    return ""


def _result(position: Position, leg: Leg, context: ManageContext) -> tuple[Money, Money | None]:
    """The credit that a short leg was sold for, and what of it is earned at mid; None without a mark to act on."""
    credit = -sum(lot.cost for lot in position.lots if lot.contract == leg.contract)
    quote = context.quotes.get(leg)
    mid = None if quote is None else quote.mid
    if context.mark is None or mid is None:
        return credit, None
    return credit, credit - mid * MULTIPLIER * -position.held(leg.contract)


def _target(position: Position, leg: Leg, profit: Money, credit: Money) -> Exit:
    why = f"profit target: {profit * 100 // credit} % of the credit"
    return Exit(position.position_id, why, ExitCode.TARGET, _of(position, leg))


def _of(position: Position, leg: Leg) -> tuple[Leg, ...]:
    """What an exit names to close one leg: nothing where the position is nothing else."""
    return () if position.structure.legs == (leg,) and not position.structure.shares else (leg,)


def _in_the_money(leg: Leg, context: ManageContext) -> Money:
    """How far a leg is in the money a share, negative out of it; far out without a price to tell by."""
    spot = None if context.chain is None else from_float(context.chain.spot)
    return -leg.contract.strike if spot is None else leg.contract.inside(spot)
