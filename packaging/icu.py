"""Qt's copy of ICU without what nothing here asks it for: names of countries, currencies, units and zones by language.

On Linux Qt is linked to ICU, whose data is 31 MB. Qt takes from it the order of letters and old encodings, which stay
whole, and speaks of dates and numbers from tables of its own. What is gone falls back to the root of all languages.
"""

import re
import struct
import subprocess
import sys
from pathlib import Path

_LANGUAGE = re.compile(r"^[a-z]{2,3}(_[A-Za-z0-9]+)*\.res$")
_BY_LANGUAGE = {"brkitr", "curr", "lang", "rbnf", "region", "translit", "unit", "zone"}
_OF_ALL = {"root.res", "res_index.res", "pool.res"}
_ALIGNED = 16


def is_kept(name: str) -> bool:
    """Whether an item stays; its name begins with the folder of the package."""
    _package, *folders, file = name.split("/")
    if not folders:
        return _LANGUAGE.match(file) is None or file in _OF_ALL
    return folders[0] not in _BY_LANGUAGE or file in _OF_ALL or file.endswith(".brk")


def items_of(data: bytes) -> dict[str, bytes]:
    """What a package of ICU's data holds. Raises ValueError for what is none."""
    (head,) = struct.unpack_from("<H", data)
    if data[2:4] != b"\xda\x27" or data[12:16] != b"CmnD" or data[8] != 0:
        raise ValueError("this is not ICU's common data, little-endian")
    (count,) = struct.unpack_from("<I", data, head)
    table = [struct.unpack_from("<II", data, head + 4 + 8 * number) for number in range(count)]
    ends = [*(begin for _name, begin in table[1:]), len(data) - head]
    found = {}
    for (name, begin), end in zip(table, ends, strict=True):
        text = data[head + name : data.index(b"\0", head + name)].decode("ascii")
        found[text] = data[head + begin : head + end]
    return found


def packed(head: bytes, items: dict[str, bytes]) -> bytes:
    """A package with these items, which are in the order of their names."""
    names = [name.encode("ascii") + b"\0" for name in items]
    at_name, at_data = 4 + 8 * len(items), 4 + 8 * len(items) + sum(map(len, names))
    table, body = struct.pack("<I", len(items)), b"".join(names)
    padding = -(len(head) + at_data) % _ALIGNED
    body, at_data = body + bytes(padding), at_data + padding
    for name, item in zip(names, items.values(), strict=True):
        full = item + bytes(-len(item) % _ALIGNED)
        table += struct.pack("<II", at_name, at_data)
        body += full
        at_name, at_data = at_name + len(name), at_data + len(full)
    return head + table + body


def reduced(library: Path, folder: Path) -> Path:
    """The library anew, with less data under the same name. Raises ValueError where it is not laid out as expected."""
    symbol, address, size = _symbol(library)
    whole = library.read_bytes()[address : address + size]
    (head,) = struct.unpack_from("<H", whole)
    items = {name: item for name, item in items_of(whole).items() if is_kept(name)}
    folder.mkdir(parents=True, exist_ok=True)
    data, source, built, made = (folder / name for name in ("icu.dat", "icu.s", "icu.o", library.name))
    data.write_bytes(packed(whole[:head], items))
    source.write_text(
        f'.section .rodata\n.balign {_ALIGNED}\n.globl {symbol}\n.type {symbol},%object\n{symbol}: .incbin "{data}"\n'
        f'.size {symbol}, . - {symbol}\n.section .note.GNU-stack,"",%progbits\n',
        encoding="ascii",
    )
    subprocess.run(["as", "-o", str(built), str(source)], check=True)
    subprocess.run(
        ["ld", "-shared", "-soname", library.name, "-z", "noexecstack", "-o", str(made), str(built)], check=True
    )
    return made


def in_place_of(entry: tuple[str, str, str], folder: Path) -> tuple[str, str, str]:
    """A file of the application, as build.spec lists it: ICU's data reduced, anything else as it is."""
    name, source, kind = entry
    is_data = sys.platform == "linux" and kind != "SYMLINK" and "libicudata.so" in name
    return (name, str(reduced(Path(source), folder)), kind) if is_data else entry


def _symbol(library: Path) -> tuple[str, int, int]:
    """Name, place in the file and size of the one thing in it."""
    told = subprocess.run(["objdump", "-T", str(library)], check=True, capture_output=True, text=True).stdout
    found = [line.split() for line in told.splitlines() if line.endswith("_dat")]
    sections = subprocess.run(["objdump", "-h", str(library)], check=True, capture_output=True, text=True).stdout
    section = re.search(r"\.rodata +[0-9a-f]+ +([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+)", sections)
    if len(found) != 1 or section is None:
        raise ValueError(f"{library}: not laid out as ICU's data is")
    address, place = int(section[1], 16), int(section[2], 16)
    return found[0][-1], int(found[0][0], 16) - address + place, int(found[0][-2], 16)
