"""Push messages: one in ten seconds, what is left out is counted, the address is told to nobody; the real library."""

import importlib.util
import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mindfolio_desktop import push
from mindfolio_desktop.push import FILE, INTERVAL_S, KEPT, LONGEST, Outbox, Pusher

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # what apprise imports

WAIT_S = 20.0
CANARY = "canary-5f2b"


class TestOutbox:
    def test_the_first_goes_at_once_and_what_comes_then_goes_together_ten_seconds_later(self) -> None:
        box = Outbox()
        assert box.wait(100.0) is None
        box.add("A \N{EN DASH} SIMULATED", "one")
        assert box.wait(100.0) == 0
        assert box.take(100.0) == ("A \N{EN DASH} SIMULATED", "one")
        box.add("A \N{EN DASH} SIMULATED", "two")
        box.add("A \N{EN DASH} SIMULATED", "three")
        assert box.wait(100.0) == INTERVAL_S
        assert box.wait(104.0) == INTERVAL_S - 4
        assert box.take(110.0) == ("A \N{EN DASH} SIMULATED: 2 messages", "two\nthree")
        assert box.wait(200.0) is None

    def test_two_mindfolios_are_never_in_one_message(self) -> None:
        box = Outbox()
        box.add("A", "one")
        box.add("B", "two")
        assert box.take(0.0) == ("A", "one")
        assert box.take(10.0) == ("B", "two")

    def test_a_flood_is_bounded_and_counted(self) -> None:
        box = Outbox()
        for number in range(KEPT + 5):
            box.add("A", f"line {number}")
        title, body = box.take(0.0)
        assert title == f"A: {KEPT + 5} messages"
        assert body.split("\n") == [*(f"line {number}" for number in range(5, KEPT + 5)), "and 5 more: see Messages"]

    def test_a_flood_leaves_out_what_weighs_least_and_never_a_stop(self) -> None:
        box = Outbox()
        box.add("A", "Emergency stop: pressed", 2)
        box.add("A", "paused")
        for number in range(KEPT + 5):
            box.add("A", f"account {number}", 1)
        title, body = box.take(0.0)
        assert title == f"A: {KEPT + 7} messages"
        kept = [f"account {number}" for number in range(6, KEPT + 5)]
        assert body.split("\n") == ["Emergency stop: pressed", *kept, "and 7 more: see Messages"]

    def test_a_very_long_line_is_cut(self) -> None:
        box = Outbox()
        box.add("A", "x" * 10_000)
        assert len(box.take(0.0)[1]) == LONGEST


@pytest.fixture
def told() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def pusher(tmp_path: Path, told: list[tuple[str, str, str]]) -> Iterator[Pusher]:
    def send(address: str, title: str, body: str) -> str:
        told.append((address, title, body))
        return ""

    made = Pusher(tmp_path, send)
    yield made
    made.close()


def until(is_so: object) -> None:
    deadline = time.monotonic() + WAIT_S
    assert callable(is_so)
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def test_without_an_address_nothing_is_sent(pusher: Pusher, told: list[tuple[str, str, str]]) -> None:
    pusher.tell("A", "one")
    pusher.close()
    assert told == []


def test_it_sends_on_a_thread_of_its_own_and_the_end_sends_what_waits(
    pusher: Pusher, told: list[tuple[str, str, str]]
) -> None:
    assert pusher.keep(f"json://{CANARY}@host") == ""
    pusher.tell("A", "one")
    until(lambda: len(told) == 1)
    pusher.tell("A", "two")
    pusher.tell("A", "three")
    pusher.close()
    assert told == [(f"json://{CANARY}@host", "A", "one"), (f"json://{CANARY}@host", "A: 2 messages", "two\nthree")]
    pusher.tell("A", "after the end")
    assert len(told) == 2


def test_the_address_is_kept_for_its_user_alone_and_shown_to_nobody(pusher: Pusher, tmp_path: Path) -> None:
    assert pusher.keep(f"ntfys://{CANARY}") == ""
    path = tmp_path / FILE
    assert path.stat().st_mode & 0o077 == 0
    assert path.read_text() == f"ntfys://{CANARY}"
    assert sorted(each.name for each in tmp_path.iterdir()) == [FILE], "no half-written file stays"
    assert pusher.scheme == "ntfys"
    assert CANARY not in repr(pusher)
    again = Pusher(tmp_path)
    assert again.scheme == "ntfys"
    assert again.remove() == ""
    assert not path.exists()
    assert again.scheme == ""


@pytest.mark.parametrize(
    "typed", ["", "no address", "ntfys://", "://x", "ntfys://a b", "ntfys://a\nb", "ntfys://" + "a" * 3000]
)
def test_what_is_no_address_is_refused_in_one_line(pusher: Pusher, tmp_path: Path, typed: str) -> None:
    why = pusher.keep(typed)
    assert why
    assert "\n" not in why
    assert not (tmp_path / FILE).exists()


def test_a_folder_that_cannot_be_written_is_said_without_the_address(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    why = Pusher(tmp_path / "file").keep(f"ntfys://{CANARY}")
    assert why.startswith("The address was not kept")
    assert CANARY not in why


def test_what_a_library_raises_is_told_by_its_kind_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def send(address: str, _title: str, _body: str) -> str:
        raise ValueError(f"bad {address}")

    said: list[str] = []
    made = Pusher(tmp_path, send)
    made.on_sent = said.append
    made.keep(f"json://{CANARY}@host")
    made.tell("A", "one")
    until(lambda: said)
    made.close()
    assert said == ["ValueError."]
    assert CANARY not in caplog.text


def test_an_address_that_apprise_stumbles_over_is_refused_without_a_word_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(address: str) -> str:
        raise ValueError(f"bad {address}")

    monkeypatch.setattr(push, "unfit", stumble)
    why = Pusher(tmp_path).keep(f"json://{CANARY}@host")
    assert why == "apprise does not know such an address."
    assert list(tmp_path.iterdir()) == []


def test_without_apprise_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Pusher(tmp_path).lack == ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert "uv sync --extra push" in Pusher(tmp_path).lack
    assert Pusher(tmp_path, lambda *_given: "").lack == "", "another way out needs no apprise"


class Server(HTTPServer):
    """A service on this machine that takes down what it is sent."""

    def __init__(self, status: int) -> None:
        self.status, self.taken = status, list[dict[str, str]]()
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(getattr(request, "param", 200))
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


class TestByApprise:
    """The real library against a real server."""

    def test_plain_text_arrives_as_it_was_written(self, server: Server) -> None:
        address = f"json://user:{CANARY}@127.0.0.1:{server.server_port}/"
        body = "PAUSED <b>IV Service</b> *why* [x](http://y) & more\nsecond line"
        assert push.by_apprise(address, "Fund \N{EN DASH} SIMULATED", body) == ""
        (taken,) = server.taken
        assert taken["title"] == "Fund \N{EN DASH} SIMULATED"
        assert taken["message"] == body

    @pytest.mark.parametrize("server", [500], indirect=True)
    def test_a_refusal_is_one_line_and_the_password_is_in_no_log(
        self, server: Server, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        caplog.set_level(logging.DEBUG)
        address = f"json://user:{CANARY}@127.0.0.1:{server.server_port}/{CANARY}"
        assert push.by_apprise(address, "A", "b") == "The service could not be reached, or did not take it."
        assert push.by_apprise(f"nothing-like-it://{CANARY}", "A", "b") == "apprise does not know such an address."
        printed = capsys.readouterr()
        assert CANARY not in caplog.text + printed.out + printed.err

    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("syslog://user", "this computer only"),
            ("SYSLOG://user", "this computer only"),
            ("dbus://desktop", "this computer only"),
            ("json://127.0.0.1,syslog://user", "this computer only"),
            (f"nothing-like-it://{CANARY}", "does not know"),
            (f"file:///{CANARY}", "does not know"),
        ],
    )
    def test_what_apprise_cannot_read_or_stays_here_is_neither_kept_nor_sent(
        self, tmp_path: Path, address: str, why: str
    ) -> None:
        said = Pusher(tmp_path).keep(address)
        assert why in said
        assert CANARY not in said
        assert "\n" not in said
        assert list(tmp_path.iterdir()) == []
        assert push.by_apprise(address, "A", "b") == said, "a file that was written by hand is no way around it"

    def test_from_the_address_to_the_service(self, server: Server, tmp_path: Path) -> None:
        pusher, said = Pusher(tmp_path), list[str]()
        pusher.on_sent = said.append
        assert pusher.keep(f"json://user:{CANARY}@127.0.0.1:{server.server_port}/") == ""
        pusher.tell("A", "one")
        until(lambda: said)
        assert said == [""]
        pusher.tell("A", "two")
        pusher.tell("A", "three")
        pusher.close()
        assert [(one["title"], one["message"]) for one in server.taken] == [
            ("A", "one"),
            ("A: 2 messages", "two\nthree"),
        ]
