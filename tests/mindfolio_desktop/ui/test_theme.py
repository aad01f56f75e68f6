"""Colours that can be read and told apart, figures that line up, and a change of scheme that reaches everything."""

from collections.abc import Iterator
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.theme import DARK, LIGHT, Scheme, Tokens

SCHEMES = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    theme.apply(qapp)


def spread_of_digits(font: QFont) -> float:
    widths = [QFontMetricsF(font).horizontalAdvance(digit * 10) / 10 for digit in "0123456789"]
    return max(widths) - min(widths)


def luminance(value: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    colour = QColor(value)
    channels = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (
        float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4) for part in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@SCHEMES
@pytest.mark.parametrize("name", ["text", "muted", "gain", "loss", "warning", "accent"])
def test_words_have_the_contrast_that_small_text_needs_on_every_surface(tokens: Tokens, name: str) -> None:
    for ground in (tokens.ground, tokens.surface, tokens.raised):
        assert contrast(getattr(tokens, name), ground) >= 4.5, ground


@SCHEMES
def test_quiet_words_can_be_read_where_they_stand(tokens: Tokens) -> None:
    for ground in (tokens.ground, tokens.surface):
        assert contrast(tokens.faint, ground) >= 4.0, ground


@SCHEMES
def test_filled_surfaces_can_be_read_too(tokens: Tokens) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.on_stop, tokens.stop) >= 4.5
    assert contrast(tokens.text, tokens.stop_ground) >= 4.5
    assert contrast(tokens.warning, tokens.warning_ground) >= 4.5
    for banner in (tokens.simulated, tokens.replay):
        assert contrast(tokens.on_banner, banner) >= 4.5


@SCHEMES
def test_red_is_the_emergency_stop_alone(tokens: Tokens) -> None:
    def is_red(value: str) -> bool:
        colour = QColor(value)
        hue, saturation = colour.hslHue(), colour.hslSaturationF()
        return saturation > 0.5 and (hue < 12 or hue > 345)

    others = [one.name for one in fields(tokens) if one.name != "modules" and "stop" not in one.name]
    assert [name for name in others if is_red(getattr(tokens, name))] == []
    assert is_red(tokens.stop)
    assert not any(is_red(value) for value in tokens.modules)


def test_modules_have_colours_of_their_own_and_the_ninth_starts_again() -> None:
    colours = [theme.module_colour(index).name() for index in range(len(DARK.modules))]
    assert len(set(colours)) == len(colours)
    assert theme.module_colour(len(colours)).name() == colours[0]


def test_gains_losses_and_neither() -> None:
    assert [theme.gain_role(amount) for amount in (1, -1, 0, None)] == ["gain", "loss", "muted", "muted"]
    current = theme.tokens()
    assert [theme.gain_colour(amount).name() for amount in (1, -1, None)] == [
        current.gain,
        current.loss,
        current.muted,
    ]


def test_the_bundled_font_is_used_and_its_figures_are_of_equal_width(qapp: QApplication) -> None:
    assert "Inter" in theme.load_fonts()
    assert qapp.font().family() == "Inter"
    plain = theme.font(18, theme.BOLD)
    plain.unsetFeature(QFont.Tag("tnum"))
    assert spread_of_digits(plain) > 1
    assert spread_of_digits(theme.font(18, theme.BOLD)) < 0.1


def test_a_change_of_scheme_reaches_widgets_that_exist(application: QApplication, qtbot: QtBot) -> None:
    label = QLabel("gain")
    qtbot.addWidget(label)
    theme.set_role(label, "gain")
    label.show()
    for scheme, tokens in ((Scheme.LIGHT, LIGHT), (Scheme.DARK, DARK)):
        theme.apply(application, scheme)
        assert theme.tokens() is tokens
        assert application.palette().color(QPalette.ColorRole.Window).name() == tokens.ground
        assert label.palette().color(QPalette.ColorRole.WindowText).name() == tokens.gain


def test_a_role_that_comes_later_changes_colour_and_size(qtbot: QtBot) -> None:
    label = QLabel("Active")
    qtbot.addWidget(label)
    label.show()
    bare = label.sizeHint().width()
    theme.set_role(label, "warning-chip")
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == theme.tokens().warning
    assert label.sizeHint().width() > bare + 10


def test_the_emergency_button_is_large_enough_for_a_finger(qtbot: QtBot) -> None:
    button = QPushButton("x")
    qtbot.addWidget(button)
    theme.set_role(button, "emergency")
    assert button.sizeHint().height() >= theme.STOP_HEIGHT


@pytest.mark.parametrize(
    "name", sorted(entry.name.removesuffix(".svg") for entry in (files("resources") / "icons").iterdir())
)
def test_every_drawing_takes_its_tint_and_leaves_the_gap_free(qapp: QApplication, name: str) -> None:
    drawn = theme.icon(name, "#12ab34", 40, gap=6).pixmap(46, 40).toImage()
    pixels = [drawn.pixelColor(x, y) for x in range(drawn.width()) for y in range(drawn.height())]
    solid = [pixel for pixel in pixels if pixel.alpha() > 250]
    assert len(solid) > 40
    for pixel in solid:  # blending rounds by one step
        assert max(abs(pixel.red() - 0x12), abs(pixel.green() - 0xAB), abs(pixel.blue() - 0x34)) <= 1
    right = drawn.copy(drawn.width() - 5, 0, 5, drawn.height()).convertToFormat(QImage.Format.Format_ARGB32)
    assert all(right.pixelColor(x, y).alpha() == 0 for x in range(right.width()) for y in range(right.height()))


@pytest.mark.parametrize("scheme", list(theme.Scheme))
@pytest.mark.parametrize("name", ["arrow", "tick"])
def test_the_drawings_of_the_style_sheet_are_where_it_says(scheme: theme.Scheme, name: str) -> None:
    assert Path(theme._drawing(f"{name}_{scheme.value}")).is_file()


@pytest.mark.parametrize("pixels", [16, 48, 256])
def test_the_programs_icon_is_drawn_at_every_size(qapp: QApplication, pixels: int) -> None:
    drawn = theme.program_icon().pixmap(pixels, pixels).toImage()
    assert drawn.width() == pixels
    middle = drawn.pixelColor(pixels // 2, pixels // 8)
    assert (middle.alpha(), middle.name()) == (255, "#171e26")
