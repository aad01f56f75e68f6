"""What is told outside the window: urgent alerts with whose they are, and a way out that fails once an hour."""

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from engine.domain.notices import Alert
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.outside import TEST_WORDS, TROUBLE_AGAIN_S, Outside, told_outside
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, aggressive_growth

TITLE = "Aggressive Growth \N{EN DASH} REPLAY"


class PostFake:
    """Takes down what it is given, and answers as it is told to."""

    def __init__(self) -> None:
        self.on_sent: Callable[[str], None] = lambda _why: None
        self.scheme, self.lack = "json", ""
        self.told: list[tuple[str, str]] = []
        self.weights: list[int] = []
        self.refuses = ""

    def keep(self, address: str) -> str:
        if not self.refuses:
            self.scheme = address.partition(":")[0]
        return self.refuses

    def remove(self) -> str:
        self.scheme = ""
        return ""

    def tell(self, title: str, words: str, weight: int = 0) -> None:
        self.told.append((title, words))
        self.weights.append(weight)


@pytest.fixture
def post() -> PostFake:
    return PostFake()


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def outside(post: PostFake, bridge: EngineBridge, now: list[float], qtbot: QtBot) -> Outside:
    made = Outside(post, clock=lambda: now[0])
    made.hear(bridge)
    bridge.publish(aggressive_growth())
    qtbot.waitUntil(lambda: bridge.snapshot is not None)
    return made


def test_only_what_is_urgent_is_told_with_whose_it_is_and_when(
    outside: Outside, post: PostFake, bridge: EngineBridge
) -> None:
    bridge.alert.emit(Alert(NOW, AUTO, "something calm"))
    bridge.alert.emit(Alert(NOW, AUTO, "paused: it lost $1,000", is_urgent=True))
    bridge.alert.emit(Alert(NOW, "", "Emergency stop: pressed", is_urgent=True, is_standing=True))
    assert [title for title, _ in post.told] == [TITLE, TITLE]
    assert [words.split("  ", 1)[1] for _, words in post.told] == [
        "IV Service: paused: it lost $1,000",
        "Emergency stop: pressed",
    ]


def test_a_stop_weighs_most_and_a_module_least(outside: Outside, post: PostFake, bridge: EngineBridge) -> None:
    bridge.alert.emit(Alert(NOW, AUTO, "paused", is_urgent=True))
    bridge.alert.emit(Alert(NOW, "", "Trading halted: the disk is full", is_urgent=True))
    bridge.alert.emit(Alert(NOW, "", "Emergency stop: pressed", is_urgent=True, is_standing=True))
    assert post.weights == [0, 1, 2]


def test_without_an_address_nothing_is_passed_on(outside: Outside, post: PostFake, bridge: EngineBridge) -> None:
    post.scheme = ""
    bridge.alert.emit(Alert(NOW, "", "urgent", is_urgent=True))
    assert post.told == []


def test_the_engine_before_is_not_heard_any_more(outside: Outside, post: PostFake, bridge: EngineBridge) -> None:
    other = EngineBridge(lambda _message: None, lambda _source, _why: None, lambda _question: None)
    outside.hear(other)
    bridge.alert.emit(Alert(NOW, "", "of the one before", is_urgent=True))
    other.alert.emit(Alert(NOW, "", "of this one", is_urgent=True))
    assert post.told[0][1].endswith("of this one")
    assert len(post.told) == 1
    other.close()


def test_a_failure_is_told_once_an_hour_also_where_it_works_in_between(
    outside: Outside, post: PostFake, bridge: EngineBridge, now: list[float], qtbot: QtBot
) -> None:
    heard: list[Alert] = []
    bridge.alert.connect(heard.append)
    told_so_far = []
    for at, why in ((0.0, "No answer."), (20.0, ""), (TROUBLE_AGAIN_S - 1, "No answer."), (TROUBLE_AGAIN_S, "No.")):
        now[0] = at
        with qtbot.waitSignal(outside.sent):
            post.on_sent(why)
        told_so_far.append(len(heard))
    assert told_so_far == [1, 1, 1, 2]
    assert [alert.text for alert in heard] == [
        "A push message was not sent. No answer. See Settings, Alerts on your phone.",
        "A push message was not sent. No. See Settings, Alerts on your phone.",
    ]
    assert not any(alert.is_urgent for alert in heard), "else it would be pushed again"


def test_a_test_is_harmless(outside: Outside, post: PostFake) -> None:
    outside.test()
    assert post.told == [("Mindfolio", TEST_WORDS)]


def test_before_the_first_figures_the_program_speaks(outside: Outside) -> None:
    assert told_outside(Alert(NOW, "m1", "no ledger", is_urgent=True), None) == ("Mindfolio", "no ledger")
