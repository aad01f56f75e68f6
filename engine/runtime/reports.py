"""What the broker says, handed to whom it concerns."""

import datetime as dt

from engine.domain.account import BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerFillBroken, BrokerReport
from engine.runtime import lifecycle, order_reports, orders, pausing, reconciling
from engine.runtime.desk import Desk

PATIENCE = dt.timedelta(seconds=60)
"""How long a broker may take to answer before a command does without."""


def on_report(desk: Desk, report: BrokerReport) -> None:
    """Book one report. Booking is never stopped, only sending."""
    match report:
        case BrokerActivity():
            lifecycle.on_activity(desk, report)
        case BrokerAccount():
            reconciling.on_account(desk, report)
        case BrokerFillBroken():
            order_reports.on_broken(desk, report)
        case _:
            order_reports.on_report(desk, report)
            pausing.pause_legged(desk)


def settle_in(desk: Desk, patience: dt.timedelta = PATIENCE) -> bool:
    """Ask and hear the broker, without any market, until book and broker were seen to agree; False if it says nothing.

    The clock moves to each answer. For commands that work on a mindfolio which does not run.
    """
    until = desk.now + patience
    while not desk.is_reconciled:
        times = [desk.broker.next_at(), orders.next_due(desk), desk.reconcile_at]
        due = min((at for at in times if at is not None), default=None)
        if due is None or due > until:
            return False
        desk.clock.advance_to(max(due, desk.now))
        for report in desk.broker.poll(desk.now, desk.market):
            on_report(desk, report)
        orders.work_due(desk)
        reconciling.ask_if_due(desk)
        desk.commit()
    return True
