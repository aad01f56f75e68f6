"""A snapshot as one plain document: the schema of the owner's acceptance files, with the trades of each module."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from engine.core.clock import as_utc
from engine.core.money import CENT, UNIT, Money
from engine.domain.concentration import Comovement, Concentration
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.position import Position
from engine.domain.records import TradeRow
from engine.domain.snapshot import MindfolioSnapshot, ModuleView

Document = dict[str, object]


def as_document(snapshot: MindfolioSnapshot, trades: Mapping[str, Sequence[TradeRow]]) -> Document:
    """The snapshot in dollars (whole numbers where whole), with closed trades by module id."""
    return {
        "name": snapshot.name,
        "environment": snapshot.environment.value,
        "status": snapshot.status.value,
        "as_of": as_utc(snapshot.market.now).isoformat(),
        "journal_seq": snapshot.seq,
        "waived": list(snapshot.waived),
        "capital": amount(snapshot.capital),
        "reserve": amount(snapshot.reserve),
        "pnl_policy": snapshot.pnl_policy.value,
        "modules": [_module(view, trades.get(view.spec.module_id, ())) for view in snapshot.modules],
        "aggregate": {
            "nav": amount(snapshot.nav),
            "pnl": amount(snapshot.pnl),
            "pnl_pct": snapshot.pnl_pct,
            "day_pnl": amount(snapshot.day_pnl),
            "cash": amount(snapshot.cash),
            "cash_available": amount(snapshot.reserve),
            "allocated": amount(snapshot.allocated),
            "allocated_pct": snapshot.allocated_pct,
            "used": amount(snapshot.used),
            "used_pct": snapshot.used_pct,
            "held": amount(snapshot.held),
            "positions": snapshot.positions,
            "best_module_by_dollars": _ranked_dollars(snapshot.best_by_dollars),
            "worst_module_by_dollars": _ranked_dollars(snapshot.worst_by_dollars),
            "best_module_by_percent": list(snapshot.best_by_percent) if snapshot.best_by_percent else None,
            "worst_module_by_percent": list(snapshot.worst_by_percent) if snapshot.worst_by_percent else None,
            "greeks": _greeks(
                snapshot.greeks, snapshot.positions, sum(view.greeks_missing for view in snapshot.modules)
            ),
        },
        "weighted_greeks": _weighted(
            snapshot.weighted, snapshot.positions, sum(view.greeks_missing for view in snapshot.modules)
        ),
        "concentration": [_concentration(row) for row in snapshot.concentrations],
        "sectors": [_concentration(row) for row in snapshot.sectors],
        **_comovement(snapshot.comovement),
        "worst_case": {
            "loss": None if snapshot.worst_case is None else amount(snapshot.worst_case),
            "pct_of_capital": snapshot.worst_case_pct_of_capital,
            "pct_of_nav": snapshot.worst_case_pct_of_nav,
        },
        "worst_case_from_here": _from_here(snapshot),
    }


def _from_here(snapshot: MindfolioSnapshot) -> Document | None:
    """The worst case from the marks of now: netted, of whom, in which scenario. None where nothing held has a price."""
    worst = snapshot.worst
    if worst is None or (worst.symbols and len(worst.without_price) == len(worst.symbols)):
        return None
    return {
        "loss": amount(worst.loss),
        "pct_of_capital": snapshot.worst_loss_pct_of_capital,
        "pct_of_nav": snapshot.worst_loss_pct_of_nav,
        "scenario": None if worst.scenario is None else asdict(worst.scenario),
        "sum_of_modules": amount(worst.sum_alone),
        "diversification": amount(worst.diversification),
        "modules": {row.name: {"alone": amount(row.alone), "share": amount(row.share)} for row in worst.modules},
        "symbols": {row.name: {"alone": amount(row.alone), "share": amount(row.share)} for row in worst.symbols},
        "without_price": list(worst.without_price),
        "without_volatility": worst.without_volatility,
        "without_beta": list(worst.without_beta),
    }


def as_text(document: Document) -> str:
    """A document of `as_document` as a short summary for a terminal."""
    totals = _section(document, "aggregate")
    loss = _section(document, "worst_case")["loss"]
    worst = "unbounded" if loss is None else loss
    lines = [
        f"{document['name']} ({document['environment']}, {document['status']}) as of {document['as_of']}",
        (
            f"NAV {totals['nav']}  P&L {totals['pnl']} ({totals['pnl_pct']} %)  reserve {document['reserve']}  "
            f"allocated {totals['allocated']}  used {totals['used']}  held {totals['held']}  worst case {worst}"
        ),
    ]
    if totals["positions"] and totals["greeks"] is not None:
        weighted = _section(document, "weighted_greeks")
        unknown = ", ".join(map(str, _listed(weighted, "without_beta")))
        lines.append(
            f"dollar delta {weighted['dollar_delta']}  dollar gamma per 1 % {weighted['dollar_gamma_1pct']}  "
            f"beta-weighted {weighted['beta_dollar_delta']}{f' without {unknown}' if unknown else ''}  "
            f"30-day vega {weighted['vega_30d']}"
        )
    lines += [
        f"  {module['name']:<20} {module['status']:<7} budget {module['budget']}  used {module['used']}  "
        f"available {module['available']}  P&L {module['pnl']}  open {module['positions']}  "
        f"closed {module['closed_trades']}"
        for module in _listed(document, "modules")
        if isinstance(module, dict)
    ]
    if "quotes" in document:
        quotes = _section(document, "quotes")
        faults = ", ".join(f"{count:,} {name}" for name, count in _section(quotes, "faults").items())
        lines.append(
            f"{quotes['rows']:,} quotes, {quotes['untradable']:,} not tradable{f': {faults}' if faults else ''}"
        )
    if "recorded" in document:
        recorded = _section(document, "recorded")
        lines.append(f"{recorded['rows']:,} quotes recorded in {recorded['folder']}")
        if recorded["fault"]:
            lines.append(f"RECORDING ENDED: {recorded['fault']}")
    if "skipped_trades" in document:
        lines += [_skip_line(row) for row in _listed(document, "skipped_trades") if isinstance(row, dict)]
    if "explained_pnl" in document:
        lines += [_explained_line(row) for row in _listed(document, "explained_pnl") if isinstance(row, dict)]
    if document.get("stop_latched"):
        lines.append("the emergency stop is latched: nothing is opened until a person re-arms it")
    if document.get("halted"):
        lines.append(f"TRADING HALTED: {document['halted']}")
    if document["waived"]:
        lines.append(f"waived in this environment: {', '.join(map(str, _listed(document, 'waived')))}")
    return "\n".join(lines)


def amount(money: Money | None) -> int | float | None:
    """Dollars as a JSON number: whole where whole, else with all its decimals."""
    if money is None:
        return None
    if money % UNIT == 0:
        return money // UNIT
    return round(money / UNIT, 4 if money % CENT else 2)


def _section(document: Document, name: str) -> Document:
    section = document[name]
    if not isinstance(section, dict):
        raise TypeError(f"{name} is not a section of the document")
    return section


def _listed(document: Document, name: str) -> list[object]:
    listed = document[name]
    return listed if isinstance(listed, list) else []


def _explained_line(row: Document) -> str:
    """What a module's P&L of a session came from; parts of nothing are left out."""
    parts = ", ".join(f"{name} {part}" for name, part in _section(row, "parts").items() if part)
    return f"  {row['module']}: P&L of {row['session']} {row['pnl']}{f' = {parts}' if parts else ''}"


def _skip_line(row: Document) -> str:
    """What trades that were skipped for one reason in one month would have made."""
    still = f", {row['still_open']} still open at {row['open_result']}" if row["still_open"] else ""
    return (
        f"  {row['module']}: skips of {row['month']} for {row['reason']} would have made {row['result']} "
        f"({row['ended']} ended{still})"
    )


def _module(view: ModuleView, trades: Sequence[TradeRow]) -> Document:
    spec = view.spec
    return {
        "module": spec.module_id,
        "kind": spec.kind.value,
        "name": spec.name,
        "budget": amount(view.budget),
        "max_risk_per_trade": amount(spec.limits.max_risk_per_trade),
        "daily_loss_limit": amount(spec.limits.daily_loss_limit),
        "autotrade": spec.autotrade,
        "status": view.status.value,
        "status_why": view.status_why,
        "structures": [structure.value for structure in spec.structures],
        "used": amount(view.used),
        "held": amount(view.held),
        "available": amount(view.available),
        "utilisation_pct": view.utilisation_pct,
        "positions": len(view.open_positions),
        "pnl": amount(view.pnl),
        "pnl_pct": view.pnl_pct,
        "realised": amount(view.realised),
        "unrealised": amount(view.unrealised),
        "win_rate": view.win_rate,
        "wins": view.wins,
        "closed_trades": view.closed_trades,
        "trades_this_month": view.trades_this_month,
        "greeks": _greeks(view.greeks, len(view.open_positions), view.greeks_missing),
        "weighted_greeks": _weighted(view.weighted, len(view.open_positions), view.greeks_missing),
        "open_positions": [
            {**_trade(held.position), "mark": amount(held.mark), "pnl": amount(held.pnl), "dte": held.dte}
            for held in view.open_positions
        ],
        "trades": [{**_trade(row.position), "net_pnl": amount(row.net_pnl)} for row in trades],
    }


def _trade(position: Position) -> Document:
    closed = position.closed_at
    return {
        "position": position.position_id,
        "symbol": position.structure.symbol,
        "structure": position.structure.kind.value,
        "quantity": position.opened_quantity,
        "legs": [{"contract": leg.contract.occ, "ratio": leg.ratio} for leg in position.structure.legs],
        "opened_at": as_utc(position.opened_at).isoformat(),
        "opening_cost": amount(position.opening_cost),
        "closed_at": as_utc(closed).isoformat() if closed is not None else None,
        "closing_cash": amount(position.closing_cash),
        "commissions": amount(position.commissions),
        "fees": amount(position.fees),
        "why_closed": position.closed_why,
    }


def _greeks(greeks: Greeks, positions: int, missing: int) -> Document | None:
    """To one decimal, halves away from zero, as the owner's files show them; None where no position tells any."""
    if positions and missing == positions:
        return None
    return {
        name: float(Decimal(str(value)).quantize(Decimal("0.1"), rounding="ROUND_HALF_UP")) + 0.0  # never "-0.0"
        for name, value in (
            ("delta", greeks.delta),
            ("gamma", greeks.gamma),
            ("theta", greeks.theta),
            ("vega", greeks.vega),
        )
    }


def _weighted(greeks: WeightedGreeks, positions: int, missing: int) -> Document | None:
    """In dollars, what is beta-weighted without the names that are listed; None where no position tells any Greeks."""
    if positions and missing == positions:
        return None
    return {
        "dollar_delta": amount(greeks.dollar_delta),
        "dollar_gamma_1pct": amount(greeks.dollar_gamma),
        "vega_30d": round(greeks.vega_30d, 2),
        "beta_dollar_delta": amount(greeks.beta_dollar_delta),
        "beta_dollar_gamma_1pct": amount(greeks.beta_dollar_gamma),
        "beta_delta": greeks.beta_delta,
        "beta_gamma": greeks.beta_gamma,
        "without_beta": list(greeks.without_beta),
    }


def _concentration(row: Concentration) -> Document:
    return {
        "name": row.name or None,
        "power": amount(row.power),
        "power_pct": row.power_pct,
        "dollar_delta": amount(row.delta),
        "dollar_delta_pct": row.delta_pct,
        "unknown_deltas": row.unknown_deltas,
    }


def _comovement(moving: Comovement | None) -> Document:
    """Betas and correlations, each with the sessions behind it."""
    if moving is None:
        return {"betas": [], "correlations": []}
    return {
        "betas": [
            {
                "symbol": row.symbol,
                "index": moving.index,
                "beta": row.beta,
                "error": row.error,
                "sessions": row.sessions,
            }
            for row in moving.betas
        ],
        "correlations": [
            {
                "symbols": [row.first, row.second],
                "correlation": row.correlation,
                "sample_correlation": row.sample,
                "sessions": row.sessions,
            }
            for row in moving.pairs
        ],
    }


def _ranked_dollars(pair: tuple[str, Money] | None) -> list[object] | None:
    return None if pair is None else [pair[0], amount(pair[1])]
