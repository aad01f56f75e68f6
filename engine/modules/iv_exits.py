"""When the IV Service closes a position, by what it holds now: shares, leftovers, two expirations, or a credit.

Source of rules and defaults: product terms, sections 2.8 and 3. Amounts are compared as whole ones, before commissions;
each limit counts as reached at its own figure. Without a mark only the days count.
"""

from engine.domain.position import Position
from engine.domain.scan import Exit, ExitCode, ManageContext
from engine.modules.iv_rules import IvRules


def exit_of(position: Position, context: ManageContext, rules: IvRules) -> Exit | None:
    """Why a position is closed now, None to hold on."""
    if not position.status.is_open:
        return None
    if position.shares:
        return _assigned(position)
    if context.dte is None or context.dte < 0:
        return None
    if all(leg.ratio > 0 for leg in position.structure.legs):
        return _left_over(position, context)
    if len({leg.contract.expiration for leg in position.structure.legs}) > 1:
        return _of_debit(position, context, rules)
    return _of_credit(position, context, rules)


def _assigned(position: Position) -> Exit:
    """Shares come of an assignment or an exercise only, and are not what this module trades."""
    shares = position.shares
    held = f"{shares:,d} shares" if shares > 0 else f"{-shares:,d} shares sold short"
    why = f"assigned: {held} of {position.symbol}, which this module does not keep"
    return Exit(position.position_id, why, ExitCode.ASSIGNMENT)


def _left_over(position: Position, context: ManageContext) -> Exit | None:
    """What was bought against a short option that is gone; where nobody bids for any of it, it is left to expire."""
    quotes = [context.quotes.get(leg) for leg in position.structure.legs]
    has_bid = any(quote is None or quote.bid != 0 for quote in quotes)
    if context.mark is None or context.mark <= 0 or not has_bid:
        return None
    kind = position.structure.kind.value.lower()
    return Exit(position.position_id, f"{kind} left over: what it covered is gone", ExitCode.EXPIRY)


def _of_debit(position: Position, context: ManageContext, rules: IvRules) -> Exit | None:
    """Target and stop as shares of the debit, and days before the front expiry: never into its last day."""
    debit = position.cost
    if context.mark is not None and debit > 0:
        profit = context.mark - debit
        if -profit * 100 >= rules.debit_stop_pct * debit:
            why = f"stop: {-profit * 100 // debit} % of the debit lost"
            return Exit(position.position_id, why, ExitCode.STOP)
        if profit * 100 >= rules.debit_target_pct * debit:
            why = f"profit target: {profit * 100 // debit} % of the debit"
            return Exit(position.position_id, why, ExitCode.TARGET)
    return _of_days(position, context, rules.front_exit_days, "the front expiry")


def _of_credit(position: Position, context: ManageContext, rules: IvRules) -> Exit | None:
    """Target as a share of the credit, stop as a multiple of it, and days before the expiry."""
    credit = -position.cost
    if context.mark is not None and credit > 0:
        profit = context.mark + credit
        if -profit * 100 >= rules.stop_loss_pct * credit:
            return Exit(position.position_id, f"stop: loss {-profit / credit:.1f} x the credit", ExitCode.STOP)
        if profit * 100 >= rules.profit_target_pct * credit:
            why = f"profit target: {profit * 100 // credit} % of the credit"
            return Exit(position.position_id, why, ExitCode.TARGET)
    return _of_days(position, context, rules.exit_days, "expiry")


def _of_days(position: Position, context: ManageContext, days: int, end: str) -> Exit | None:
    if context.dte is None or context.dte > days:
        return None
    return Exit(position.position_id, f"{context.dte} day{'s' * (context.dte != 1)} to {end}", ExitCode.DAYS)
