"""A backtest as asked for: defaults, settings with all their problems, and everything that cannot be walked over."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.calendar import session_on
from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment
from engine.market.bars import Adjustment
from engine.market.import_bars import import_table
from engine.runtime.places import Places
from mindfolio_desktop.backtesting import STRUCTURES, Asked, backtest, read_settings, write_html
from mindfolio_desktop.research import STRUCTURES as CHOICES

SPY = Asked("SPY", "iron-condor", dt.date(2025, 10, 1), dt.date(2025, 12, 31))


def quiet(_line: str) -> None:
    """Nobody is told of progress."""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


class TestWalk:
    def test_a_quarter_of_the_simulated_market(self, simulated: Places, tmp_path: Path) -> None:
        report = backtest(simulated, SPY, quiet)
        found = report.backtest

        assert (found.symbol, found.structure) == ("SPY", "Iron Condor")
        assert (found.first, found.last) == (dt.date(2025, 10, 1), dt.date(2025, 12, 31))
        assert found.source == "end-of-day chains of the simulated market (64 of 64 sessions)"
        assert len(found.equity) == 64
        assert ("IV rank at least", "50 %") in report.settings
        assert not simulated.data_dir.exists()

        write_html(report, tmp_path / "report.html")
        assert "SPY Iron Condor" in (tmp_path / "report.html").read_text(encoding="utf-8")

    def test_settings_change_what_is_traded(self, simulated: Places, tmp_path: Path) -> None:
        easy = write(tmp_path / "easy.toml", "min_iv_rank_pct = 0\nmin_credit_pct = 1\n")
        usual = backtest(simulated, SPY, quiet).backtest
        asked = replace(SPY, settings=easy, is_split=True, permutations=500)
        report = backtest(simulated, asked, quiet)
        found = report.backtest

        assert ("IV rank at least", "0 %") in report.settings
        assert [part.name for part in report.parts] == ["in sample", "out of sample"] * 2
        assert report.parts[0].evidence.last == dt.date(2025, 10, 30)  # the first 30 of 92 days
        assert report.permutations == 500
        assert found.trades
        assert report.p_value is not None
        assert 1 / 501 <= report.p_value <= 1
        assert len(found.trades) + found.open_at_end > len(usual.trades) + usual.open_at_end

    def test_a_recording_is_walked_where_it_has_sessions(self, recording: Places) -> None:
        found = backtest(recording, Asked("SPY", "iron-condor"), quiet).backtest

        assert (found.first, found.last) == (dt.date(2026, 3, 16), dt.date(2026, 3, 19))
        assert found.source.startswith("recorded chains (4 of ")

    @pytest.mark.parametrize("name", list(STRUCTURES))
    def test_every_structure_has_a_module_that_looks_for_it_whatever_it_costs(
        self, simulated: Places, name: str
    ) -> None:
        asked = Asked("KO", name, dt.date(2025, 12, 1), dt.date(2025, 12, 31))
        found = backtest(simulated, asked, quiet).backtest

        assert found.structure == STRUCTURES[name][0]
        assert len(found.equity) == 22
        assert not any("enabled" in reason or "risk" in reason for reason, _ in found.skips), found.skips

    def test_prices_alone_are_modelled_up_to_their_last_day(self, tmp_path: Path) -> None:
        places = Places(tmp_path / "data", Environment.REPLAY)
        sessions = [day for day in (dt.date(2025, 1, 2) + dt.timedelta(days=each) for each in range(440))
                    if session_on(day)]  # fmt: skip
        rows = "".join(f"{day},100,101,100,{100 + number % 2},1\n" for number, day in enumerate(sessions))
        file = write(tmp_path / "PEP.csv", f"date,open,high,low,close,volume\n{rows}")
        import_table(file, places.history, adjustment=Adjustment.NONE)

        found = backtest(places, Asked("PEP", "wheel", first=dt.date(2026, 1, 2)), quiet).backtest

        assert (found.first, found.last) == (dt.date(2026, 1, 2), sessions[-1])
        assert found.source.startswith("modelled from price history, at realised volatility (")
        assert len(found.equity) == sum(day >= found.first for day in sessions)


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
            (
                Asked("QQQ", "iron-condor"),
                "^QQQ: no chains and no daily prices in .*, which holds SPY; run `mindfolio import FILE` first",
            ),
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


def test_the_choices_of_the_command_line_are_the_structures_here() -> None:
    assert tuple(STRUCTURES) == CHOICES
