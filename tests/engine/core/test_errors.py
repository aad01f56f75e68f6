"""Errors: one root for what the outside world does to us, and one name for each reason to refuse."""

import inspect

from engine.core import errors
from engine.core.errors import DenialCode, MindfolioError


def test_every_exception_has_the_one_root() -> None:
    raised = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert len(raised) > 1
    assert all(issubclass(kind, MindfolioError) for kind in raised)


def test_a_denial_code_is_its_own_name() -> None:
    assert {code.value for code in DenialCode} == set(DenialCode.__members__)


def test_every_check_of_this_version_has_its_code() -> None:
    named = {
        "STOPPED", "MODULE_STATUS", "MARKET_CLOSED", "DATA_STALE", "DATA_BAD", "LIQUIDITY", "STRUCTURE", "TICK",
        "MAX_RISK", "BUDGET", "DAILY_LOSS", "ACCOUNT_BUYING_POWER", "DUPLICATE", "EVIDENCE",
        "STALE_VERSION", "NEGATIVE_AMOUNT", "SUM_MISMATCH",
    }  # fmt: skip
    assert named <= set(DenialCode.__members__)
