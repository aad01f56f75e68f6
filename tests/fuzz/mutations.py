"""Random damage to a file: by bytes, by lines, by cells; and what it comes as, or packed in."""

import gzip
import random
import tempfile
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import duckdb

from tests.engine.market.formats.samples import Sample, zipped

_NUMBERS = (
    "", " ", "-1", "0", "-0.0", "1e308", "1e-400", "nan", "inf", "-inf", "9" * 40, "0." + "0" * 60 + "1", "1,5", "%",
    "12%",    "1679284800000000000", "-9223372036854775808", "true", "null",
)  # fmt: skip
_DATES = (
    "9999-12-31", "0001-01-01", "2020-02-30", "2023-11-24", "12/31/1969", "20230101", "2023-03-12 02:30:00",
    "2026-03-16 15:55:34-04:00",
)  # fmt: skip
_TEXTS = (
    '"', '""', '"a\nb"', "\u0000", "\ufeff", "é表", "call", "P", "O:SPY230327C00390000", "SPY   250228C00585000",
    "^SPX",    "../..", "a" * 5000, "' or 1=1 --",
)  # fmt: skip
_BYTES = (b"\x00", b"\xff", b"\r", b"\n", b'"', b",", b"\xef\xbb\xbf", b"\x1a", b";", b"\t")
_LARGEST_TYPED = 50_000
"""Bytes: a line of 70,000 commas takes DuckDB minutes to make Parquet of, in which nothing is imported."""
Damage = Callable[[bytes, random.Random], bytes]


def mutated(sample: Sample, chance: random.Random) -> tuple[str, bytes]:
    """A damaged file of a format, with the name it has."""
    is_archive = sample.content.startswith(b"PK")
    members = _unzipped(sample.content) if is_archive else {sample.name: sample.content}
    damaged = {_named(name, chance): _damaged(content, chance) for name, content in members.items()}
    if is_archive:
        return sample.name, _sometimes(zipped(damaged), chance, share=0.3)
    ((name, content),) = damaged.items()
    wrapping = chance.random()
    if wrapping > 0.85:
        return _as_parquet(name, content, chance)
    if wrapping < 0.1:
        return f"{name}.gz", _sometimes(gzip.compress(content), chance, share=0.5)
    if wrapping < 0.2:
        return f"{name}.zip", _sometimes(zipped({name: content, f"again/{name}": content}), chance, share=0.5)
    return name, content


def _as_parquet(name: str, content: bytes, chance: random.Random) -> tuple[str, bytes]:
    """The same rows as Parquet, of the types that DuckDB sees in them or all text; unchanged where it cannot."""
    if len(content) > _LARGEST_TYPED:
        return name, content
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.parquet"
        source.write_bytes(content)
        try:
            rows = connection.read_csv(str(source), all_varchar=chance.random() < 0.3)
            rows.write_parquet(str(target))
        except (duckdb.Error, RuntimeError, ValueError):
            return name, content
        return f"{name}.parquet", _sometimes(target.read_bytes(), chance, share=0.5)


def _unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _named(name: str, chance: random.Random) -> str:
    """Now and then, a name that tells something else or nothing."""
    if chance.random() > 0.05:
        return name
    return chance.choice(("data.csv", f"x{name}", name.replace("_", "-"), name[: len(name) // 2] + ".csv", "[a]*?.csv"))


def _damaged(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 8))):
        content = chance.choice(_DAMAGES)(content, chance)
    return content


def _sometimes(content: bytes, chance: random.Random, *, share: float) -> bytes:
    return chance.choice((_flip, _cut, _splice))(content, chance) if chance.random() < share else content


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8) if changed else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randint(0, len(content))]


def _splice(content: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randint(0, len(content)) for _ in range(2))
    return content[:first] + chance.choice(_BYTES) * chance.randint(0, 3) + content[second:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    place = chance.randint(0, len(content))
    return content[:place] + chance.choice(_BYTES) * chance.choice((1, 1, 2, 70_000)) + content[place:]


def _lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    change = chance.randrange(5)
    if change == 0:
        chance.shuffle(lines)
    elif change == 1:
        lines.insert(chance.randint(0, len(lines)), chance.choice(lines))
    elif change == 2:
        del lines[chance.randrange(len(lines))]
    elif change == 3:
        lines += [chance.choice(lines)] * chance.choice((10, 1000))
    else:
        lines.insert(chance.randint(0, len(lines)), b"x" * chance.choice((10, 100_000, 2_000_000)))
    return b"\n".join(lines)


def _cell(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    cells = lines[place].split(b",")
    at = chance.randrange(len(cells))
    change = chance.random()
    if change < 0.7:
        cells[at] = chance.choice(chance.choice((_NUMBERS, _DATES, _TEXTS))).encode()
    elif change < 0.8:
        del cells[at]
    elif change < 0.9:
        cells.insert(at, chance.choice(cells))
    else:
        other = chance.randrange(len(cells))
        cells[at], cells[other] = cells[other], cells[at]
    lines[place] = b",".join(cells)
    return b"\n".join(lines)


_DAMAGES: tuple[Damage, ...] = (_cell, _cell, _cell, _cell, _flip, _cut, _splice, _insert, _lines)
