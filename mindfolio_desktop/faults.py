"""An exception as plain records: what it was, and where, without a folder of this computer or a line's values."""

from collections.abc import Iterator
from types import TracebackType
from typing import NamedTuple, TypedDict

_MOST_FRAMES = 40
_MOST_CAUSES = 6
_OURS = ("mindfolio_desktop", "engine")


class Fault(TypedDict):
    """One exception of a chain."""

    type: str
    text: str
    frames: list[str]
    """`place:line function`, the outermost first."""


class Where(NamedTuple):
    """What makes two faults the same: its kind, and the line that raised it."""

    type: str
    frame: str


def faults_of(error: BaseException | None) -> list[Fault]:
    """The exception and what it came from, itself first."""
    found: list[Fault] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(found) < _MOST_CAUSES:
        seen.add(id(error))
        found.append(Fault(type=type(error).__name__, text=_text(error), frames=list(_frames(error.__traceback__))))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def where(faults: list[Fault]) -> Where:
    """Where the first of them was raised; the same for each repetition."""
    if not faults:
        return Where("", "")
    return Where(faults[0]["type"], faults[0]["frames"][-1] if faults[0]["frames"] else "")


def as_lines(faults: list[Fault]) -> list[str]:
    """For a person who reads it."""
    lines: list[str] = []
    for number, fault in enumerate(faults):
        lines.append(f"{'' if number == 0 else 'because of '}{fault['type']}: {fault['text']}")
        lines += [f"    {frame}" for frame in fault["frames"]]
    return lines


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as again:  # noqa: BLE001 - whatever an exception's own words do
        return f"(its words cannot be had: {type(again).__name__})"


def _frames(trace: TracebackType | None) -> Iterator[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{place(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    if len(frames) > _MOST_FRAMES:
        left_out = len(frames) - _MOST_FRAMES
        frames[_MOST_FRAMES // 2 : -_MOST_FRAMES // 2] = [f"({left_out} frames more)"]
    yield from frames


def place(path: str) -> str:
    """A source file by what it is called inside its package: where that is installed is nobody's business."""
    parts = path.replace("\\", "/").split("/")
    for package in _OURS:
        if package in parts[:-1]:
            last = len(parts) - 1 - parts[::-1].index(package)
            return "/".join(parts[last:])
    if "site-packages" in parts:
        return "/".join(parts[len(parts) - parts[::-1].index("site-packages") :])
    return parts[-1]
