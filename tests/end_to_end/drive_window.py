"""A first day with the window, from the wizard to the close, by mouse and keys alone, checked in the journal.

`uv run python -m tests.end_to_end.drive_window [--keep FOLDER] [--display :99]` starts a screen of its own (Xvfb), the
real program over an empty data directory, and drives it with xdotool. It prints a line a step with the seconds it
took, keeps a picture of the screen after each, and leaves with 0, or with 1 and what went wrong. Not of the test
suite: it takes a minute or more, and a machine of which nobody else moves the mouse.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from engine.core.money import dollars
from engine.domain.mindfolio import Environment
from engine.runtime.places import Places
from tests.end_to_end.desk import ROOT, SCREEN, Failed, Journal, Window, screen, wait_for

NAME, CASH = "Driven by hand", 100_000
WANTED = ("IV_SERVICE", "SELL_PUTS_ENGINE", "GAMMA_SCALPER")
"""Not the Smart Rebalancer: it would ask to close what is closed here by hand."""

SEED, SYMBOLS = 1, "KO,XLF,SPY"
"""A market in which the Sell Puts Engine finds a trade in the first minutes."""

REASON = "Looked at every position: it is safe to go on"

QUICK, CALM = 60, 10
"""Speeds: to get on, and to read what asks."""

SCAN_LIMIT_S = 60.0
"""Until the next scan, of which there is one in 15 minutes: at the speed that a window opens with it takes 90 s."""

TRIES = 3
"""A trade that asks may expire under the hand."""

TRADE_LIMIT_S, FILL_LIMIT_S = 240.0, 120.0
TOOLS = ("Xvfb", "xdotool", "import")


class Day:
    """The steps, in order; each raises Failed where the window or the journal is not as it should be."""

    def __init__(self, window: Window, journal: Journal) -> None:
        self._window, self._journal = window, journal
        self._position = ""

    def first_start(self) -> str:
        """Say in the wizard what the mindfolio shall be."""
        window = self._window
        number = window.see("main_window", 60)["window"]
        # Without a window manager nobody else places a window and gives it the keys.
        window.hand("windowmove", number, 0, 0)
        window.hand("windowsize", number, *SCREEN)
        window.hand("windowfocus", number)
        window.write("first_run_name", NAME)
        window.write("first_run_cash", str(CASH))
        window.hand("key", "Tab")
        for kind in ("SMART_REBALANCER", "GAMMA_SCALPER"):
            window.click(f"want_{kind}", from_left=10)
        window.write("amount_GAMMA_SCALPER", "10000")
        window.hand("key", "Tab")
        window.picture("0_wizard")
        window.click("first_run_create")
        made = self._journal.wait_for("MindfolioCreated", limit_s=90)["spec"]
        kinds = {module["module_id"] for module in made["modules"]}
        if (made["name"], made["capital"], kinds) != (NAME, dollars(CASH), set(WANTED)):
            raise Failed(f"another mindfolio was made than was typed: {made['name']}, {made['capital']}, {kinds}")
        window.see("divider_IV_SERVICE", 60)
        return f"“{made['name']}” with ${CASH:,} and {len(kinds)} modules"

    def speed_up(self) -> str:
        """Choose a quicker market."""
        self._journal.wait_for("SessionOpened", limit_s=60)
        self._choose_speed(QUICK)
        newest, clock = self._journal.newest(), time.monotonic()
        self._journal.wait_for("ScanCompleted", newest, limit_s=SCAN_LIMIT_S)
        return f"the next scan came after {time.monotonic() - clock:.1f} s"

    def _choose_speed(self, speed: int) -> None:
        name = f"speed_{speed}"
        self._window.click(name)
        wait_for(f"{name} to be marked", lambda: self._window.see(name)["is_checked"])

    def move_budget(self) -> str:
        """Drag the divider between two modules, and apply it."""
        window, journal = self._window, self._journal
        before = journal.all_of("MindfolioCreated")[0]["spec"]["budgets"]
        newest = journal.newest()
        window.drag("divider_IV_SERVICE", by=-60)
        window.see("draft_badge")
        window.picture("3_draft")
        if journal.all_of("BudgetReallocated", newest):
            raise Failed("a draft was carried out before it was applied")
        window.click("apply_allocation")
        after = journal.wait_for("BudgetReallocated", newest)
        budgets = after["budgets"]
        if sum(budgets.values()) + after["reserve"] != dollars(CASH):
            raise Failed(f"the new split does not add up: {after}")
        moved = before["IV_SERVICE"] - budgets["IV_SERVICE"]
        if moved <= 0 or budgets["SELL_PUTS_ENGINE"] - before["SELL_PUTS_ENGINE"] != moved:
            raise Failed(f"not what was dragged: {before} became {budgets}")
        wait_for("the draft to be gone", lambda: window.look("draft_badge") is None)
        return f"${moved // dollars(1):,} from IV Service to Sell Puts Engine"

    def approve_trade(self) -> str:
        """Wait for a trade that asks, slow the market down to read it, and approve it."""
        window, journal = self._window, self._journal
        window.click("go_approvals")
        for _ in range(TRIES):
            asked = wait_for("a trade that asks", self._waiting, TRADE_LIMIT_S)
            self._choose_speed(CALM)
            newest = journal.newest()
            if window.click_row("approvals_table", asked):
                window.settle("ticket_approve")
                window.picture("4_ticket")
                window.click("ticket_approve")
            decided = journal.wait_for("ApprovalDecided", newest, partial(_is_about, asked))
            if decided["status"] != "EXPIRED":
                break
            self._choose_speed(QUICK)
        if decided["status"] != "APPROVED":
            raise Failed(f"{asked} was clicked and is {decided['status']}: {decided['why']}")
        order = journal.wait_for("OrderIntended", newest, lambda one: one["order"]["module_id"] != "IV_SERVICE")[
            "order"
        ]
        if order["purpose"] != "OPEN":
            raise Failed(f"an approved trade made an order to {order['purpose']}")
        self._position = order["position_id"]
        self._wait_until_filled(order, newest)
        return f"{asked} by a click, {order['order_id']} filled: {order['quantity']} of {self._position}"

    def _waiting(self) -> str | None:
        """The newest approval that was not decided yet."""
        decided = {one["approval_id"] for one in self._journal.all_of("ApprovalDecided")}
        asked = [one["approval"]["approval_id"] for one in self._journal.all_of("ApprovalRequested")]
        return next((one for one in reversed(asked) if one not in decided), None)

    def _wait_until_filled(self, order: dict[str, Any], newest: int) -> None:
        """All of its units, however many fills that takes."""
        number, quantity = order["order_id"], order["quantity"]
        self._journal.wait_for(
            "OrderFilled",
            newest,
            lambda one: bool(one["order_id"] == number and one["cumulative"] >= quantity),
            FILL_LIMIT_S,
        )

    def close_position(self) -> str:
        """Choose the position on its page, and close it."""
        window, journal = self._window, self._journal
        window.click("go_positions")
        wait_for(f"{self._position} on the page", lambda: window.click_row("all_positions_table", self._position))
        window.click("position_close")
        window.settle("close_strip_confirm")
        window.picture("5_close")
        newest = journal.newest()
        window.click("close_strip_confirm")
        order = journal.wait_for("OrderIntended", newest, lambda one: one["order"]["position_id"] == self._position)
        order = order["order"]
        if (order["purpose"], order["who"]) != ("CLOSE", "user"):
            raise Failed(f"the closing order is {order['purpose']} of {order['who']!r}")
        self._wait_until_filled(order, newest)
        wait_for(
            f"{self._position} to leave the page",
            lambda: self._position not in window.keys("all_positions_table"),
        )
        return f"{self._position}: {order['quantity']} closed by {order['order_id']}"

    def stop_and_rearm(self) -> str:
        """Press the emergency stop, and lift it with a reason."""
        window, journal, latch = self._window, self._journal, self._journal.places.latch
        newest, pressed = journal.newest(), time.monotonic()
        window.click("emergency_stop")
        stop = journal.wait_for("EmergencyStopLatched", newest)
        took = time.monotonic() - pressed
        if not latch.is_file():
            raise Failed(f"{latch} is not there after an emergency stop")
        if _status(journal.places)["status"] != "STOPPED":
            raise Failed("`mindfolio status` does not say that it is stopped")
        window.see("rearm_open")
        window.picture("6_stopped")
        window.click("rearm_open")
        window.write("rearm_reason", REASON)
        window.click("rearm_send")
        lifted = journal.wait_for("MindfolioRearmed", newest)
        if lifted["why"] != REASON:
            raise Failed(f"another reason was recorded than was typed: {lifted['why']!r}")
        wait_for(f"{latch.name} to be gone", lambda: not latch.exists())
        wait_for("the stop's panel to be gone", lambda: window.look("stop_panel") is None)
        return f"{stop['source']}, in the journal {took:.1f} s after; re-armed"

    def close_window(self) -> str:
        """Close the window with its keys: without a window manager it has no frame to be closed by."""
        window = self._window
        window.hand("key", "ctrl+q")
        wait_for("the program to end", self._has_ended, 60)
        if window.process.returncode:
            raise Failed(f"the program ended with {window.process.returncode}")
        return "the program ended with 0"

    def _has_ended(self) -> bool:
        """Whether the program has ended; what it holds still is left unattended, where it asks."""
        window = self._window
        with suppress(Failed):  # it may end while it is looked at
            if window.look("close_anyway") is not None:
                window.click("close_anyway", 1)
        return window.process.poll() is not None


def _is_about(approval_id: str, decided: dict[str, Any]) -> bool:
    """Whether it is the decision of that approval."""
    return bool(decided["approval_id"] == approval_id)


def _command(places: Places, *words: str) -> subprocess.CompletedProcess[str]:
    """A sub-command of the program, from source, over the same data directory."""
    command = [sys.executable, "-m", "mindfolio_desktop", *words, "--data-dir", str(places.data_dir)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def _status(places: Places) -> dict[str, object]:
    done = _command(places, "status", "--json")
    if done.returncode:
        raise Failed(f"mindfolio status left with {done.returncode}: {done.stderr.strip()}")
    document: dict[str, object] = json.loads(done.stdout)
    return document


def _verify(places: Places) -> str:
    """The journal as `mindfolio verify` finds it."""
    done = _command(places, "verify")
    if done.returncode:
        raise Failed(f"mindfolio verify left with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout.strip().rpartition(": ")[2]


def drive(display: str, kept: Path, data_dir: Path, program: Sequence[str]) -> None:
    """All steps. Raises Failed at the first that fails, after a picture of what it looked like."""
    places = Places(data_dir, Environment.SIMULATED)
    with screen(display):
        arguments = ["--data-dir", str(data_dir), "--seed", str(SEED), "--symbols", SYMBOLS]
        window = Window(display, kept, program, arguments)
        try:
            day = Day(window, Journal(places, window.check))
            steps = (
                day.first_start,
                day.speed_up,
                day.move_budget,
                day.approve_trade,
                day.close_position,
                day.stop_and_rearm,
                day.close_window,
            )
            for number, step in enumerate(steps, 1):
                begun, name = time.monotonic(), step.__name__
                try:
                    outcome = step()
                except Failed as failed:
                    window.picture(f"{number}_{name}_failed")
                    raise Failed(f"{name}: {failed}") from failed
                window.picture(f"{number}_{name}")
                told = "; ".join([outcome, *window.notes])
                window.notes.clear()
                print(f"{number} {name:16} {time.monotonic() - begun:6.1f} s  {told}", flush=True)
        finally:
            window.end()
    begun = time.monotonic()
    found = _verify(places)
    print(f"8 {'verify':16} {time.monotonic() - begun:6.1f} s  {found}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Drive the window once; returns the exit code."""
    parser = argparse.ArgumentParser(prog="drive_window", description="Drive the real window from outside.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where pictures, log and ledger are kept")
    parser.add_argument("--display", default=":99", help="the screen to make (:99)")
    parser.add_argument("--frozen", type=Path, metavar="FOLDER", help="drive what packaging/build.py --measured built")
    options = parser.parse_args(arguments)
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} cannot be found")
        return 0
    source = [sys.executable, "-m", "tests.end_to_end.watched"]
    program = source if options.frozen is None else [str(options.frozen.resolve() / "watched")]
    with tempfile.TemporaryDirectory(prefix="mindfolio-") as folder:
        kept = Path(folder) if options.keep is None else options.keep.resolve()
        data_dir = kept / "data"
        if data_dir.exists():
            print(f"failed: {data_dir} is there already; a first start needs an empty folder")
            return 1
        data_dir.mkdir(parents=True)
        try:
            drive(options.display, kept, data_dir, program)
        except Failed as failed:
            where = "" if options.keep else " (pictures and log are kept with --keep FOLDER)"
            print(f"failed: {failed}{where}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
