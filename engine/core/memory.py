"""Free memory goes back to the system where the C library has to be told to: else a long run keeps its peaks."""

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Tell the C library, if it can be told. It takes some milliseconds, in which nobody gets new memory."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # a C library without it
            ctypes.CDLL(None).malloc_trim(0)
