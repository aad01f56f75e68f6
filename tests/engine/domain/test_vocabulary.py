"""Events and commands: every one that is written is in its union, frozen, and named apart."""

import dataclasses
import inspect
import typing
from types import ModuleType
from typing import Any

import pytest

from engine.domain import (
    account,
    broker_reports,
    commands,
    events,
    module_events,
    notes,
    notices,
    questions,
    trade_events,
)


@pytest.mark.parametrize(
    ("modules", "union"),
    [
        ((events, module_events, notes, trade_events), events.Event),
        ((commands,), commands.Command),
        ((notices, questions), notices.Notice | questions.Question),
        ((broker_reports, account), broker_reports.BrokerReport),
    ],
)
def test_no_record_is_left_out_of_its_union(modules: tuple[ModuleType, ...], union: Any) -> None:
    written = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and dataclasses.is_dataclass(kind) and kind is not account.Difference
    }
    assert written == set(typing.get_args(union))


@pytest.mark.parametrize("kind", [*typing.get_args(events.Event), *typing.get_args(commands.Command)])
def test_records_are_frozen_and_without_a_dictionary(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind)
    assert dataclasses.fields(kind)
