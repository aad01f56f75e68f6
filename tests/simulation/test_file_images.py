"""Images of the paper broker's file and of the settings: cut short, bits flipped, blocks swapped, older copies.

`uv run pytest tests/simulation/test_file_images.py --images 5000 -s` is the full figure.
"""

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain.mindfolio import Environment
from engine.execution.paper import PaperBroker, PaperRules
from engine.execution.paper_file import PaperFile
from engine.runtime.known import LIST, known, note_opened
from engine.runtime.places import Places
from mindfolio_desktop.ui import remembered
from tests.engine.execution.paper_world import NOW, SECOND, Quotes, do, order

SECTOR = 512
SEED = 20260316


def broken(content: bytes, older: list[bytes], number: int, chance: random.Random) -> tuple[str, bytes]:
    """A file cut short, with bits flipped, with two blocks in each other's place, or as it was before."""
    kind = ("cut short", "bits flipped", "pages swapped", "older")[number % 4]
    made = bytearray(content)
    if kind == "cut short":
        del made[chance.randrange(len(made)) :]
    elif kind == "older":
        made = bytearray(chance.choice(older))
    elif kind == "bits flipped":
        for _ in range(chance.randint(1, 8)):
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    else:
        size = min(SECTOR, len(made) // 3)
        one, other = (size * each for each in chance.sample(range(len(made) // size), 2))
        made[one : one + size], made[other : other + size] = made[other : other + size], made[one : one + size]
    return kind, bytes(made)


def test_no_image_of_the_paper_brokers_file_is_read_as_something_that_never_was(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    images, chance = int(request.config.getoption("--images")) // 5, random.Random(SEED)
    path = tmp_path / "paper.jsonl"
    broker = PaperBroker(7, dollars(100_000), rules=PaperRules(), file=path)
    copies: list[bytes] = []
    for number in range(20):
        now = NOW + number * 10 * SECOND
        do(broker, order("-1.85", order_id=f"o{number}"), Quotes().set(now), now)
        copies.append(path.read_bytes())
    broker.close()
    lines = path.read_bytes().splitlines(keepends=True)
    states = [_paper_state(path, b"".join(lines[:count])) for count in range(len(lines) + 1)]
    outcomes: Counter[str] = Counter()
    for number in range(images):
        kind, content = broken(copies[-1], copies[:-1], number, chance)
        found = _paper_state(path, content)
        if found.startswith("refused"):
            assert "\n" not in found
            outcomes[f"{kind}: refused"] += 1
            continue
        assert found in states, f"image {number}, {kind}: a state that never was"
        dropped = len(states) - 1 - states.index(found)
        whole = content.count(b"\n")
        assert kind in {"cut short", "older"} or dropped <= 1, f"image {number}, {kind}: {dropped} lines are gone"
        assert kind not in {"cut short", "older"} or states.index(found) >= whole - 1
        outcomes[
            f"{kind}: {'whole' if not dropped else 'its last line gone' if dropped == 1 else 'an older state'}"
        ] += 1
    sys.stdout.write(f"\npaper broker's file, {images} images: {dict(sorted(outcomes.items()))}\n")
    assert {each.partition(":")[0] for each in outcomes} == {"cut short", "bits flipped", "pages swapped", "older"}


def _paper_state(path: Path, content: bytes) -> str:
    """What the broker's file tells, or that it is refused, and why."""
    path.write_bytes(content)
    file = PaperFile(path)
    try:
        return repr(file.read())
    except LedgerFault as fault:
        return f"refused: {fault}"
    finally:
        file.close()


def test_no_image_of_the_settings_stops_a_start(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    images, chance = int(request.config.getoption("--images")) // 5, random.Random(SEED)
    kept: dict[str, object] = {"text/size": 14, "window/place": b"\x00\x01\xff" * 30, "page/name": "Risk", "dark": True}
    names = ("settings.ini", LIST)
    older: dict[str, list[bytes]] = {name: [b""] for name in names}
    for turn in range(3):
        remembered.use({remembered.Whose.USER: tmp_path / names[0]})
        for key, value in kept.items():
            remembered.remember(f"{key}{turn}", value, remembered.Whose.USER)
        remembered.use({})
        note_opened(Places(tmp_path / "mindfolios" / f"m{turn}", Environment.SIMULATED), f"name {turn}", NOW)
        for name in names:
            older[name].append((tmp_path / name).read_bytes())
    outcomes: Counter[str] = Counter()
    for number in range(images):
        name = names[number // 4 % 2]
        kind, content = broken(older[name][-1], older[name][:-1], number, chance)
        settings = tmp_path / f"{number}.ini"
        settings.write_bytes(content if name == names[0] else older[names[0]][-1])
        (tmp_path / LIST).write_bytes(content if name == LIST else older[LIST][-1])
        remembered.use({remembered.Whose.USER: settings})
        found = [remembered.recall(f"{key}2", value, remembered.Whose.USER) for key, value in kept.items()]
        assert [type(value) for value in found] == [type(value) for value in kept.values()]
        remembered.use({})
        known(tmp_path)
        outcomes[f"{name}, {kind}"] += 1
    sys.stdout.write(f"\nsettings, {images} images, every one started: {dict(sorted(outcomes.items()))}\n")
    assert len(outcomes) == 8
