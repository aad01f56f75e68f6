"""Nothing that is a secret, or looks like one, gets past; what an error says otherwise stays."""

from pathlib import Path

import pytest

from mindfolio_desktop.redaction import HIDDEN, for_others, hidden, know

CANARY = "cAnArY-9f2e7b61d5"


@pytest.mark.parametrize(
    "text",
    [
        "ntfys://{}",
        "GET https://api.telegram.org/bot{}/sendMessage failed",
        "mailtos://somebody:{}@example.com?to=x",
        "Authorization: Bearer {}",
        "bearer {}",
        "refresh_token={}&grant=x",
        '{{"client_secret": "{}"}}',
        "password: {}",
        "the password is {}",
        "api-key='{}'",
        "Cookie: {}",
    ],
)
def test_a_secret_is_hidden_by_where_it_stands(text: str) -> None:
    said = hidden(text.format(CANARY))
    assert CANARY not in said
    assert HIDDEN in said


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "9f86d081884c7d659a2feaa0c55ad015",
        "xoxb-12345-AbCdEfGhIjKlMnOp",
        "trader@example.com",
    ],
)
def test_a_secret_is_hidden_by_what_it_looks_like(secret: str) -> None:
    assert hidden(f"it said {secret} and ended") == f"it said {HIDDEN} and ended"


def test_a_known_secret_is_hidden_wherever_it_stands_and_its_parts_as_well() -> None:
    know("ntfys://someone:plainword@host.example/topicname")
    assert hidden("no plainword here, nor topicname, nor someone") == f"no {HIDDEN} here, nor {HIDDEN}, nor {HIDDEN}"


@pytest.mark.parametrize(
    "text",
    [
        "the ledger /data/simulated/ledger.sqlite cannot be written: No space left on device",
        "ValueError: not enough values to unpack (expected 2, got 1)",
        "engine/runtime/kernel.py:126 _turn",
        "file:///data/ledger.sqlite?mode=ro",
        "the process that works out backtests has died (1): it ended with exit code 1",
        "PnlWatch cannot be explained; the session's P&L so far counts as unwatched",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(text: str) -> None:
    assert hidden(text) == text


def test_others_do_not_see_who_the_user_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/somewhere/else/quentin"))
    said = for_others(
        "/somewhere/else/quentin/.local/x "
        "/home/other/y C:\\Users\\Quentin\\z /mnt/quentin/data account 11223344 U123456"
    )
    assert "uentin" not in said
    assert said.startswith("~/.local/x ~/y ~")
    assert "/mnt/[user]/data" in said
    assert said.endswith("account [number] [number]")
    assert (
        for_others("entry 12,345 at 2026-11-28T00:29:47.963+00:00") == "entry 12,345 at 2026-11-28T00:29:47.963+00:00"
    )


def test_a_long_text_is_looked_through_in_no_time() -> None:
    for text in ("a" * 4000, "a." * 2000, "token" * 800, "A1b" * 1300, "x-" * 2000):
        assert hidden(text)
