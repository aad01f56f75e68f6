"""The only source of colours, fonts and spacing: Fusion, two explicit palettes, a short style sheet.

Gains are blue and losses vermilion (Okabe and Ito), which stay apart under every colour deficiency; both come with a
sign and an arrow. Red belongs to the emergency stop alone. Widgets ask for a *role* (`set_role`), never for a colour;
widgets that paint read `tokens()` while painting, so that a change of scheme needs nothing else.

Text has a size of 100 to 200 %. `font` follows it, and **every pixel that holds text goes through `px(n)`**, called
when a widget is made or paints, never at import: rows, controls, columns, fixed widths. Margins and gaps stay as they
are. The window makes its pages anew when the size is changed.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QImage, QImageReader, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from mindfolio_desktop.ui.style import STYLE

SPACE = 8
"""The grid: margins and gaps are multiples of half of it."""

RADIUS = 8
CONTROL_HEIGHT = 32
"""Of a button or field at 100 %; `px` it."""
STOP_HEIGHT = 44
"""Smallest side of the emergency stop at 100 %; `px` it."""

TEXT_SIZES = (100, 125, 150, 175, 200)
"""Percent of the normal size that text may have."""


class Scheme(StrEnum):
    """Dark is the default."""

    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours by meaning, as #rrggbb. `*_ground` is a fill that text of the same name can be read on."""

    ground: str
    surface: str
    raised: str
    hover: str
    line: str
    strong_line: str
    text: str
    muted: str
    faint: str
    accent: str
    on_accent: str
    gain: str
    loss: str
    warning: str
    warning_ground: str
    stop: str
    stop_hover: str
    stop_ground: str
    stop_icon: str
    on_stop: str
    simulated: str
    replay: str
    on_banner: str
    reserve: str
    track: str
    modules: tuple[str, ...]


_MODULES = ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#d55e00")

DARK = Tokens(
    ground="#0f1419",
    surface="#171e26",
    raised="#202a34",
    hover="#2a3641",
    line="#26313c",
    strong_line="#3a4855",
    text="#e8edf2",
    muted="#a3b0bd",
    faint="#7d8b99",
    accent="#5aa9e6",
    on_accent="#08121b",
    gain="#5fb4f0",
    loss="#ff8a4c",
    warning="#f2c14e",
    warning_ground="#33290f",
    stop="#c62828",
    stop_hover="#dd3b3b",
    stop_ground="#451418",
    stop_icon="#ff8a80",
    on_stop="#ffffff",
    simulated="#b7a4f5",
    replay="#5fd0c0",
    on_banner="#0b1016",
    reserve="#4a5866",
    track="#2a3540",
    modules=_MODULES,
)

LIGHT = Tokens(
    ground="#f2f4f7",
    surface="#ffffff",
    raised="#f4f6f9",
    hover="#e8edf2",
    line="#dfe5eb",
    strong_line="#b9c4cf",
    text="#14202b",
    muted="#4b5b6a",
    faint="#667686",
    accent="#0a66a8",
    on_accent="#ffffff",
    gain="#0064a0",
    loss="#b34700",
    warning="#7a5600",
    warning_ground="#fdf3d7",
    stop="#c62828",
    stop_hover="#a91f1f",
    stop_ground="#fbe3e4",
    stop_icon="#c62828",
    on_stop="#ffffff",
    simulated="#5b3fc4",
    replay="#00695f",
    on_banner="#ffffff",
    reserve="#aab6c2",
    track="#e1e7ed",
    modules=_MODULES,
)

_TOKENS = {Scheme.DARK: DARK, Scheme.LIGHT: LIGHT}
_current = [Scheme.DARK]
_text_size = [TEXT_SIZES[0]]


def scheme() -> Scheme:
    """The scheme in use."""
    return _current[0]


def tokens() -> Tokens:
    """Colours of the scheme in use."""
    return _TOKENS[_current[0]]


def text_size() -> int:
    """The size of text in use, in percent."""
    return _text_size[0]


def px(pixels: float) -> int:
    """Pixels at the size of text in use, of what is so many pixels at 100 %."""
    return round(pixels * _text_size[0] / 100)


def colour(value: str, opacity: float = 1.0) -> QColor:
    """A token as a QColor, with `opacity` 0..1."""
    result = QColor(value)
    result.setAlphaF(opacity)
    return result


def module_colour(index: int) -> QColor:
    """Colour of the module in that place of the snapshot (not of its rank), the same in every view."""
    palette = tokens().modules
    return QColor(palette[index % len(palette)])


def gain_colour(amount: float | None) -> QColor:
    """Colour of a gain, a loss, or neither (zero and unknown)."""
    current = tokens()
    if amount is None or amount == 0:
        return QColor(current.muted)
    return QColor(current.gain if amount > 0 else current.loss)


# --- applying -----------------------------------------------------------------------------------------------------
def apply(
    application: QApplication,
    wanted: Scheme = Scheme.DARK,
    percent: int = TEXT_SIZES[0],
    *,
    follows_system: bool = False,
) -> None:
    """Give the whole application its style, fonts, palette and style sheet; may be called again to switch.

    `percent` is the size of text; what was made before keeps the size that it was made with. `follows_system` leaves
    the scheme of native parts to the system.
    """
    load_fonts()
    asked = f"{wanted} {percent} {follows_system}"
    if application.property("look") == asked:  # a style sheet that is set again restyles every widget there is
        return
    application.setProperty("look", asked)
    _current[0] = wanted
    if application.property("has_look") != percent:  # style and fonts are slow to change
        if application.property("has_look") is None:
            application.setStyle("Fusion")
        application.setProperty("has_look", percent)
        _text_size[0] = percent
        application.setFont(font())
    hints = application.styleHints()
    if follows_system:
        hints.unsetColorScheme()
    else:
        hints.setColorScheme(Qt.ColorScheme.Dark if wanted is Scheme.DARK else Qt.ColorScheme.Light)
    application.setPalette(_palette(tokens()))
    application.setStyleSheet(_style_sheet(tokens()))


@cache
def load_fonts() -> tuple[str, ...]:
    """Load the bundled Inter once; returns its families. Needs a QGuiApplication."""
    families: list[str] = []
    for weight in ("Regular", "Medium", "SemiBold"):
        with as_file(files("resources") / "fonts" / f"Inter-{weight}.otf") as path:
            families += QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
    return tuple(families)


def font(pixels: int = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Inter with figures of equal width, so that columns line up and a changing figure does not shake.

    `pixels` are those at 100 %.
    """
    result = QFont("Inter")
    result.setPixelSize(px(pixels))
    result.setWeight(weight)
    result.setFeature(QFont.Tag("tnum"), 1)
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return result


MEDIUM = QFont.Weight.Medium
BOLD = QFont.Weight.DemiBold


def set_role(widget: QWidget, role: str) -> None:
    """Name what a widget is (`muted`, `gain`, `card`...); the style sheet gives it its colours. Cheap if unchanged."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return  # it is styled when it is first shown or measured
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    # A label learns of another padding only from this event; without it a chip keeps the width of bare text.
    QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))
    widget.updateGeometry()
    widget.update()


def gain_role(amount: float | None) -> str:
    """The role of a figure that is a gain, a loss, or neither."""
    if amount is None or amount == 0:
        return "muted"
    return "gain" if amount > 0 else "loss"


def icon(name: str, tint: str, pixels: int = 20, gap: int = 0) -> QIcon:
    """One of our drawings (resources/icons/<name>.svg) in a colour of the tokens, sharp on dense screens.

    `gap` leaves pixels free at its right, because a button sets its words too close to its icon.
    """
    result = QIcon()
    for scale in (1, 2):
        pixmap = QPixmap(QSize(pixels + gap, pixels) * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.drawImage(0, 0, _picture(name, tint, pixels * scale))
        pixmap.setDevicePixelRatio(scale)
        result.addPixmap(pixmap)
    return result


def program_icon() -> QIcon:
    """The program's own drawing, for title bars and task switchers."""
    return QIcon(str(files("resources") / "mindfolio.svg"))


@cache
def _picture(name: str, tint: str, pixels: int) -> QImage:
    """One drawing at a size, by Qt's image plugin: QtSvg would be one more module before the first paint.

    Raises RuntimeError where the plugin is missing: then a package was put together wrongly.
    """
    drawing = (files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    bytes_of_it = QByteArray(drawing.replace("currentColor", tint).encode())
    buffer = QBuffer(bytes_of_it)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"svg"))
    reader.setScaledSize(QSize(pixels, pixels))
    image = reader.read()
    if image.isNull():
        raise RuntimeError(f"the drawing {name} cannot be read: {reader.errorString()}")
    return image


def _palette(current: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, value in (
        (role.Window, current.ground),
        (role.WindowText, current.text),
        (role.Base, current.surface),
        (role.AlternateBase, current.raised),
        (role.Text, current.text),
        (role.PlaceholderText, current.faint),
        (role.Button, current.raised),
        (role.ButtonText, current.text),
        (role.BrightText, current.loss),
        (role.Highlight, current.accent),
        (role.HighlightedText, current.on_accent),
        (role.ToolTipBase, current.raised),
        (role.ToolTipText, current.text),
        (role.Link, current.accent),
        (role.Accent, current.accent),
        (role.Light, current.strong_line),
        (role.Midlight, current.line),
        (role.Mid, current.line),
        (role.Dark, current.ground),
        (role.Shadow, current.ground),
    ):
        palette.setColor(which, QColor(value))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(current.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(current.strong_line))
    return palette


def _style_sheet(current: Tokens) -> str:
    values = {one.name: getattr(current, one.name) for one in fields(current) if one.name != "modules"}
    heights = {
        "control": CONTROL_HEIGHT - 2,
        "stop_height": STOP_HEIGHT - 2,
        "page": 34,
        "module": 32,
        "indent": 34,
        "tick_size": 16,
        "item": 26,
        "arrow_size": 12,
        "drop": 22,
    }
    scaled = {name: px(height) for name, height in heights.items()}
    knob = px(12)  # of a slider, with a border of one pixel around it
    scaled |= {"knob": knob, "knob_half": (knob + 2) // 2, "knob_out": (knob - 2) // 2}
    drawn = {name: _drawing(f"{name}_{_current[0].value}") for name in ("arrow", "tick")}
    return Template(STYLE).substitute(values, radius=RADIUS, **drawn, **scaled)


def _drawing(name: str) -> str:
    """Where a style sheet finds a drawing, which has its own colours there."""
    return Path(str(files("resources") / "style" / f"{name}.svg")).as_posix()
