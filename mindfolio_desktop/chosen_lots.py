"""A CSV file of tax lots that were identified by hand: which sale closed which lot, and how many of it.

Its columns are `sale`, `lot` and `quantity`: a sale is the number of its journal entry, as `entry` in tax-lots.csv and
ledger.csv has it, a lot is named as tax-lots.csv names it. Others may stand beside them.
"""

import csv
from pathlib import Path

from engine.core.errors import MindfolioError

COLUMNS = ("sale", "lot", "quantity")


def read_chosen(path: Path) -> dict[int, dict[str, int]]:
    """By sale, which lots and how many of each. Raises MindfolioError with the line that is none."""
    chosen: dict[int, dict[str, int]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise MindfolioError(f"{path} has no column {' and no '.join(missing)}")
            for row in rows:
                sale, lot, quantity = ((row[name] or "").strip() for name in COLUMNS)
                if not (_is_count(sale) and lot and _is_count(quantity)) or lot in chosen.get(int(sale), {}):
                    raise MindfolioError(
                        f"{path}, line {rows.line_num}: a sale (the number of its entry), a lot that is named once for "
                        f"it and a quantity above 0 are needed, not {sale!r}, {lot!r}, {quantity!r}"
                    )
                chosen.setdefault(int(sale), {})[lot] = int(quantity)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MindfolioError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return chosen


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0
