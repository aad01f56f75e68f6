"""Limits and what is left of them, as the gate and the breaker see them."""

from engine.core.money import Money
from engine.domain.limit_use import AccountLimit, LimitUse, ModuleLimitUse, StandingLimits
from engine.domain.mindfolio import AccountRules
from engine.domain.units import drawdown_bp
from engine.runtime.desk import Desk


def standing_limits(desk: Desk) -> StandingLimits:
    """Every limit as it stands now."""
    book = desk.book
    spec, reference = book.spec, book.reference
    limits = None if spec is None else spec.account_limits
    rules = AccountRules() if spec is None else spec.account_rules
    day_loss = None if limits is None else limits.day_loss
    most_fallen = None if limits is None or limits.drawdown_pct is None else limits.drawdown_pct * 100
    modules = tuple(_of_module(desk, module_id) for module_id in book.modules)
    together = sum(each.daily_loss_limit or 0 for each in modules)
    return StandingLimits(
        account=(
            _upper(AccountLimit.DAY_LOSS, day_loss, max(0, -(book.account_day_pnl + book.loss_seen))),
            _upper(
                AccountLimit.DRAWDOWN,
                most_fallen,
                drawdown_bp(book.nav, book.units, reference.nav, reference.units),
            ),
            LimitUse(
                AccountLimit.MARGIN_MINIMUM,
                rules.margin_minimum,
                book.nav,
                None if rules.margin_minimum is None else max(0, book.nav - rules.margin_minimum),
            ),
            _upper(AccountLimit.ORDERS, book.limits.max_orders_per_day, book.orders_today),
        ),
        modules=modules,
        rules=rules,
        free=desk.account_available(),
        module_losses=together,
        binds_first=day_loss is not None and together > day_loss,
    )


def _of_module(desk: Desk, module_id: str) -> ModuleLimitUse:
    limits = desk.book.modules[module_id].spec.limits
    lost: Money = max(0, -desk.book.day_pnl(module_id))
    left = None if limits.daily_loss_limit is None else max(0, limits.daily_loss_limit - lost)
    return ModuleLimitUse(module_id, limits.max_risk_per_trade, limits.daily_loss_limit, lost, left)


def _upper(which: AccountLimit, limit: int | None, used: int | None) -> LimitUse:
    return LimitUse(which, limit, used, None if limit is None or used is None else max(0, limit - used))
