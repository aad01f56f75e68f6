"""Random damage to a few bytes or texts: bits, cuts, repeats, numbers that are too large, nests that are too deep."""

import random
import re

_PIECES = (
    b"", b"\x00", b"\xff", b"\n", b"\r\n", b'"', b"'", b"\\", b",", b":", b"{", b"}", b"[", b"]", b"null", b"true",
    b"-1", b"0", b"1e400", b"-0", b"NaN", b"Infinity", b"9" * 25, b"9" * 400, b"0." + b"0" * 50 + b"1", b"[" * 3000,
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"=1+1", b"../../x", b"%s", b"\x1b[31m", b"9999-12-31",
    b"0001-01-01T00:00:00Z", b"\xc1", b"\x90", b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff",
    b"\xc6\xff\xff\xff\xff",
        b"\xd9\xff", b"\x80" * 50, b"\x91" * 3000, "é表".encode(),
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+")


def changed(content: bytes, chance: random.Random) -> bytes:
    """The content with one to four changes."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        content = _one_change(content, chance)
    return content


def _one_change(content: bytes, chance: random.Random) -> bytes:
    kind = chance.randrange(8)
    at = int(chance.random() * (len(content) + 1))
    if kind < 2 and at < len(content):
        return content[:at] + bytes((content[at] ^ 1 << chance.randrange(8),)) + content[at + 1 :]
    if kind == 2:
        return content[:at]
    if kind == 3:
        return content[:at] + chance.choice(_PIECES) + content[at:]
    until = min(len(content), at + chance.choice((1, 2, 4, 16, 200)))
    if kind == 4:
        return content[:at] + content[until:]
    if kind < 7:
        place = until if kind == 5 else chance.randint(0, len(content))
        return content[:place] + content[at:until] + content[place:]
    return _other_number(content, at, chance)


def _other_number(content: bytes, at: int, chance: random.Random) -> bytes:
    """Another number, or anything else, in the place of the first one from somewhere on."""
    found = _NUMBER.search(content, at)
    if found is None:
        return content[:at] + chance.choice(_PIECES) + content[at + 1 :]
    return content[: found.start()] + chance.choice(_PIECES) + content[found.end() :]
