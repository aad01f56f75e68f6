"""Transfers: cash that a person moved is asked of the broker until its statement has named it."""

import logging
from functools import partial

from engine.core.money import Money
from engine.runtime.desk import Desk

_log = logging.getLogger(__name__)


def resume_transfers(desk: Desk) -> None:
    """Ask for every transfer that the broker's statement has not named yet; asked twice it is done once."""
    for reference, amount in desk.book.transfers.items():
        desk.after_commit(partial(_fund, desk, reference, amount))


def _fund(desk: Desk, reference: str, amount: Money) -> None:
    try:
        desk.broker.fund(reference, amount, desk.now)
    except Exception:  # noqa: BLE001 - it is asked for again with the account, and shows as a difference until then
        _log.exception("the transfer %s could not be asked for", reference)
