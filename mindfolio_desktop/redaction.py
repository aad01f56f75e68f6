"""What must not be written down or shown: tokens, passwords, push addresses; and, for others' eyes, who the user is.

Two nets: texts that are known to be secret, wherever they stand, and what looks like a secret. It is the last thing
before a file or a screen, so that no caller has to think of it.
"""

import re
from pathlib import Path
from threading import RLock

HIDDEN = "[hidden]"

_SHORTEST_SECRET = 6
"""Shorter parts of an address are words, which stand everywhere."""

_known: set[str] = set()
_lock = RLock()

_LOOKS_SECRET: tuple[tuple[re.Pattern[str], str], ...] = (
    # An address may hold a token anywhere in it. A file's says where a ledger lies, which is asked for.
    (re.compile(r"\b(?!file:)([A-Za-z][A-Za-z0-9+.-]*://)[^\s'\"<>]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9+/_.~=-]{6,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)([\w-]{0,40}(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
            r"|authorization|credential|cookie|session[_-]?id)[\w-]{0,40}['\"]?\s*(?:[:=]|\bis\b)\s*)"
            r"(\"[^\"]*\"|'[^']*'|[^\s,;&)\]}]+)"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*"), HIDDEN),  # a JSON web token
    (re.compile(r"\b[0-9A-Fa-f]{32,}\b"), HIDDEN),
    (
        re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*\d)(?=[A-Z0-9_-]*[a-z])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{20,}"),
        HIDDEN,
    ),
    (re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}\b"), HIDDEN),
)

_NUMBERS = re.compile(r"(?<![\w.])(?:[A-Z]{1,4})?\d{6,}[A-Z]{0,2}\b")
"""As brokers number accounts."""

_HOMES = re.compile(r"(?i)(?:/home/|/Users/|[A-Z]:[\\/]+Users[\\/]+)[^/\\\s:'\"]+")


def know(secret: str) -> None:
    """Hide this text, and each longer part of it, wherever it is written from now on."""
    parts = [secret, *re.split(r"[\s/:@?&=,]+", secret)]
    with _lock:
        _known.update(part for part in parts if len(part) >= _SHORTEST_SECRET)


def hidden(text: str) -> str:
    """The text without what is known to be secret, or looks like it."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, HIDDEN)
    for pattern, instead in _LOOKS_SECRET:
        text = pattern.sub(instead, text)
    return text


def for_others(text: str) -> str:
    """The same, and without what tells who the user is: the home folder's name, numbers as those of accounts."""
    home = Path.home()
    text = text.replace(str(home), "~")
    text = _HOMES.sub("~", text)
    if len(home.name) > 1:  # a data folder elsewhere may be named after its user as well
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(home.name)}(?![A-Za-z0-9])", "[user]", text)
    return _NUMBERS.sub("[number]", hidden(text))
