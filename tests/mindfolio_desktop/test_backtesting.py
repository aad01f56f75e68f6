"""A backtest as asked for: defaults, settings with all their problems, and everything that cannot be walked over."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.core.money import dollars
from engine.domain.instrument import Right
from engine.domain.mindfolio import Environment
from engine.domain.order import OrderPurpose
from engine.domain.quote import Quote
from engine.runtime.places import Places
from mindfolio_desktop.backtesting import STRUCTURES, Asked, backtest, natural, read_settings, write_html
from mindfolio_desktop.research import STRUCTURES as CHOICES
from tests.engine.backtest.hand import option, structure
from tests.recordings import falling_volatility, record_market

SPY = Asked("SPY", "iron-condor", dt.date(2025, 10, 1), dt.date(2025, 12, 31))


def quiet(_line: str) -> None:
    """Nobody is told of progress."""


@pytest.fixture
def simulated(tmp_path: Path) -> Places:
    return Places(tmp_path / "data", Environment.SIMULATED)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(record_market(tmp_path_factory.mktemp("recorded"), falling_volatility()), Environment.REPLAY)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class TestWalk:
    def test_a_quarter_of_the_simulated_market(self, simulated: Places, tmp_path: Path) -> None:
        report = backtest(simulated, SPY, quiet)
        found = report.backtest

        assert (found.symbol, found.structure) == ("SPY", "Iron Condor")
        assert (found.first, found.last) == (dt.date(2025, 10, 1), dt.date(2025, 12, 31))
        assert found.source == (
            "end-of-day chains of the simulated market (64 of 64 sessions); every order filled at the natural price"
        )
        assert len(found.equity) == 64
        assert ("IV rank at least", "50 %") in report.settings
        assert not simulated.data_dir.exists()

        write_html(report, tmp_path / "report.html")
        assert "SPY Iron Condor" in (tmp_path / "report.html").read_text(encoding="utf-8")

    def test_settings_change_what_is_traded(self, simulated: Places, tmp_path: Path) -> None:
        easy = write(tmp_path / "easy.toml", "min_iv_rank_pct = 0\nmin_credit_pct = 1\n")
        usual = backtest(simulated, SPY, quiet).backtest
        report = backtest(simulated, Asked("SPY", "iron-condor", SPY.first, SPY.last, easy), quiet)
        found = report.backtest

        assert ("IV rank at least", "0 %") in report.settings
        assert len(found.trades) + found.open_at_end > len(usual.trades) + usual.open_at_end

    def test_a_recording_is_walked_where_it_has_sessions(self, recording: Places) -> None:
        found = backtest(recording, Asked("SPY", "iron-condor"), quiet).backtest

        assert (found.first, found.last) == (dt.date(2026, 3, 16), dt.date(2026, 3, 19))
        assert found.source.startswith("recorded chains (4 of ")


class TestWhatCannotBe:
    @pytest.mark.parametrize(
        ("asked", "complaint"),
        [
            (Asked("NOPE", "iron-condor"), "^NOPE: not in the simulated market, which has AAPL, "),
            (Asked("SPY", "iron-condor", dt.date(2025, 3, 2), dt.date(2025, 3, 1)), "--from 2025-03-02 is after --to"),
            (
                Asked("SPY", "iron-condor", dt.date(2025, 3, 1), dt.date(2025, 3, 2)),
                "^SPY: the simulated market has no session from 2025-03-01 to 2025-03-02",  # a weekend
            ),
        ],
    )
    def test_of_the_simulated_market(self, simulated: Places, asked: Asked, complaint: str) -> None:
        with pytest.raises(MindfolioError, match=complaint):
            backtest(simulated, asked, quiet)

    @pytest.mark.parametrize(
        ("asked", "complaint"),
        [
            (Asked("QQQ", "iron-condor"), "^QQQ: no chains in .*, which holds SPY; run `mindfolio import FILE` first"),
            (
                Asked("SPY", "iron-condor", dt.date(2020, 1, 1), dt.date(2020, 3, 1)),
                "^SPY: no recorded session from 2020-01-01 to 2020-03-01; `mindfolio data`",
            ),
        ],
    )
    def test_of_a_recording(self, recording: Places, asked: Asked, complaint: str) -> None:
        with pytest.raises(MindfolioError, match=complaint):
            backtest(recording, asked, quiet)

    def test_nothing_was_ever_imported(self, tmp_path: Path) -> None:
        with pytest.raises(MindfolioError, match="which holds nothing; run `mindfolio import FILE` first"):
            backtest(Places(tmp_path, Environment.REPLAY), SPY, quiet)


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "text"),
        [("a.toml", "min_iv_rank_pct = 40\nexit_days = 10\n"), ("a.json", '{"min_iv_rank_pct": 40, "exit_days": 10}')],
    )
    def test_toml_and_json_say_the_same(self, tmp_path: Path, name: str, text: str) -> None:
        assert read_settings(write(tmp_path / name, text)) == {"min_iv_rank_pct": 40, "exit_days": 10}

    def test_every_problem_is_named_with_the_file(self, simulated: Places, tmp_path: Path) -> None:
        file = write(tmp_path / "bad.toml", 'nonsense = 1\nmin_iv_rank_pct = 140\nexit_days = "soon"\n')
        with pytest.raises(MindfolioError) as refused:
            backtest(simulated, Asked("SPY", "iron-condor", settings=file), quiet)

        assert str(refused.value) == (
            f"{file}: nonsense: no such parameter; min_iv_rank_pct: 140 is outside 0 to 100 %; "
            "exit_days: 'soon' is not a number"
        )

    def test_settings_that_contradict_each_other_are_refused(self, simulated: Places, tmp_path: Path) -> None:
        file = write(tmp_path / "bad.toml", "min_days = 40\nmax_days = 35\n")
        with pytest.raises(MindfolioError, match="contradict each other: min_days 40 is above max_days 35"):
            backtest(simulated, Asked("SPY", "iron-condor", SPY.first, SPY.last, file), quiet)

    @pytest.mark.parametrize(
        ("name", "content"),
        [("a.toml", b"= 3"), ("a.json", b"{"), ("a.json", b"[1]"), ("a.toml", b"\xff\xfe"), ("a.json", b"[" * 100_000)],
    )
    def test_what_is_no_such_file_is_refused_in_one_line(self, tmp_path: Path, name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MindfolioError) as refused:
            read_settings(tmp_path / name)
        assert str(refused.value).startswith(f"{tmp_path / name}: ")
        assert "\n" not in str(refused.value)


def test_the_natural_price_crosses_every_leg() -> None:
    # A put spread: 2.00 to 2.20 sold at its bid, 1.00 to 1.10 bought at its ask: 0.90 credit.
    spread = structure((option(500), -1), (option(495), 1))
    at = dt.datetime(2026, 3, 2, 20, 45, tzinfo=dt.UTC)
    quotes = tuple(
        Quote(leg.contract.key, at, dollars(bid), dollars(ask))
        for leg in spread.legs
        for bid, ask in ((("2.00", "2.20") if leg.ratio < 0 else ("1.00", "1.10")),)
    )
    assert natural(spread, quotes, OrderPurpose.OPEN) == dollars("-0.90")
    assert natural(spread, (None, None), OrderPurpose.OPEN) is None


def test_the_choices_of_the_command_line_are_the_structures_here() -> None:
    assert tuple(STRUCTURES) == CHOICES
    assert option(500).right is Right.PUT
