"""Giving memory back: what was used and is free is the program's no longer."""

import gc
import platform
from pathlib import Path

import numpy as np
import pytest

from engine.core.memory import give_back

BLOCKS, SIZE = 2000, 16 * 1024
"""So small that the C library keeps them, with others in use between them."""


def resident() -> int:
    """Bytes."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives back by itself, or never")
def test_what_is_free_between_what_is_used_goes_back() -> None:
    kept = [np.ones(SIZE // 8) for _ in range(BLOCKS)]
    del kept[::2]
    gc.collect()
    before = resident()

    give_back()

    assert before - resident() > BLOCKS // 4 * SIZE


def test_a_library_that_cannot_be_told_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    give_back()
