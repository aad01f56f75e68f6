"""The file of lots that were identified by hand: what it says, and one line for what it cannot say."""

from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from mindfolio_desktop.chosen_lots import read_chosen


def written(folder: Path, text: str) -> Path:
    """The file."""
    path = folder / "lots.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_sales_with_their_lots(tmp_path: Path) -> None:
    text = (
        '\ufeffsale,lot,quantity,note\r\n12,"L000002-1",40,the dear ones\r\n12, L000001-1 ,10,\r\n15,L000003-1,1,\r\n'
    )
    assert read_chosen(written(tmp_path, text)) == {12: {"L000002-1": 40, "L000001-1": 10}, 15: {"L000003-1": 1}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no column sale and no lot and no quantity"),
        ("sale,lot\n1,L1\n", "has no column quantity"),
        ("sale,lot,quantity\n1,L1,1\nx,L1,1\n", "line 3: a sale"),
        ("sale,lot,quantity\n1,L1,0\n", "line 2: a sale"),
        ("sale,lot,quantity\n1,L1,-5\n", "line 2: a sale"),
        ("sale,lot,quantity\n1,L1,1.5\n", "line 2: a sale"),
        ("sale,lot,quantity\n1,,1\n", "line 2: a sale"),
        ("sale,lot,quantity\n1\n", "line 2: a sale"),
        ("sale,lot,quantity\n1,L1,1\n1,L1,2\n", "line 3: a sale"),
        ('sale,lot,quantity\n1,"L1,1\n', "cannot be read"),
    ],
)
def test_what_is_no_choice(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(MindfolioError, match=words):
        read_chosen(written(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(MindfolioError, match="cannot be read: No such file"):
        read_chosen(tmp_path / "none.csv")
    (tmp_path / "lots.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MindfolioError, match="cannot be read"):
        read_chosen(tmp_path / "lots.csv")
