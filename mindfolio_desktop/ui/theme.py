"""The only source of colours, fonts and spacing: Fusion, two explicit palettes, a short style sheet.

Gains are blue and losses vermilion (Okabe and Ito), which stay apart under every colour deficiency; both come with a
sign and an arrow. Red belongs to the emergency stop alone. Widgets ask for a *role* (`set_role`), never for a colour;
widgets that paint read `tokens()` while painting, so that a change of scheme needs nothing else.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from importlib.resources import as_file, files
from string import Template

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

SPACE = 8
"""The grid: margins and gaps are multiples of half of it."""

RADIUS = 8
CONTROL_HEIGHT = 32
STOP_HEIGHT = 44
"""Smallest side of the emergency stop, in pixels."""


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


def scheme() -> Scheme:
    """The scheme in use."""
    return _current[0]


def tokens() -> Tokens:
    """Colours of the scheme in use."""
    return _TOKENS[_current[0]]


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
def apply(application: QApplication, wanted: Scheme = Scheme.DARK) -> None:
    """Give the whole application its style, fonts, palette and style sheet; may be called again to switch."""
    load_fonts()
    _current[0] = wanted
    if application.property("has_look") is None:  # style and fonts are the same in both schemes, and slow to change
        application.setProperty("has_look", True)
        application.setStyle("Fusion")
        application.setFont(font())
    application.setPalette(_palette(tokens()))
    application.setStyleSheet(_style_sheet(tokens()))
    application.styleHints().setColorScheme(Qt.ColorScheme.Dark if wanted is Scheme.DARK else Qt.ColorScheme.Light)


@cache
def load_fonts() -> tuple[str, ...]:
    """Load the bundled Inter once; returns its families. Needs a QGuiApplication."""
    families: list[str] = []
    for weight in ("Regular", "Medium", "SemiBold"):
        with as_file(files("resources") / "fonts" / f"Inter-{weight}.otf") as path:
            families += QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(path)))
    return tuple(families)


def font(pixels: int = 13, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """Inter with figures of equal width, so that columns line up and a changing figure does not shake."""
    result = QFont("Inter")
    result.setPixelSize(pixels)
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
    drawing = (files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", tint).encode()))
    result = QIcon()
    for scale in (1, 2):
        pixmap = QPixmap(QSize(pixels + gap, pixels) * scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, pixels * scale, pixels * scale))
        painter.end()
        pixmap.setDevicePixelRatio(scale)
        result.addPixmap(pixmap)
    return result


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
    return Template(_STYLE).substitute(values, radius=RADIUS, control=CONTROL_HEIGHT - 2, stop_height=STOP_HEIGHT - 2)


_STYLE = """
QToolTip { background: $raised; color: $text; border: 1px solid $strong_line; padding: 6px; }
QScrollArea, QScrollArea > QWidget > QWidget[role="page"] { background: transparent; border: none; }
QFrame[role="card"] { background: $surface; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[role="header"] { background: $surface; border-bottom: 1px solid $line; }
QFrame[role="navigation"] { background: $surface; border-right: 1px solid $line; }
QFrame[role="line"] { background: $line; border: none; }
QLabel[role="muted"], QLabel[role="caption"] { color: $muted; }
QLabel[role="faint"] { color: $faint; }
QLabel[role="gain"] { color: $gain; }
QLabel[role="loss"] { color: $loss; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="warning-chip"] {
  color: $warning; background: $warning_ground; border: 1px solid $warning; border-radius: 4px; padding: 1px 6px; }
QLabel[role="chip"] { color: $muted; background: $raised; border-radius: 4px; padding: 2px 7px; }
QLabel[role="accent-chip"] { color: $on_accent; background: $accent; border-radius: 4px; padding: 2px 7px; }
QFrame[role="simulated"] { color: $on_banner; background: $simulated; }
QFrame[role="replay"] { color: $on_banner; background: $replay; }
QFrame[role="stop-panel"] { background: $stop_ground; border: none; border-bottom: 2px solid $stop; }
QFrame[role="stop-panel"] QLabel { color: $text; }
QFrame[role="toast"] { background: $raised; border: 1px solid $strong_line; border-radius: ${radius}px; }
QFrame[role="toast-denied"] { background: $raised; border: 1px solid $warning; border-radius: ${radius}px; }
QPushButton {
  background: $raised; color: $text; border: 1px solid $strong_line; border-radius: 6px;
  padding: 0 12px; min-height: ${control}px; }
QPushButton:hover { background: $hover; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:pressed { background: $line; }
QPushButton:disabled { color: $faint; background: $surface; border-color: $line; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[role="primary"]:hover { background: $gain; }
QPushButton[role="primary"]:focus { border: 2px solid $text; }
QPushButton[role="primary"]:disabled { color: $faint; background: $surface; border-color: $line; }
QPushButton[role="compact"] { padding: 0 9px; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; color: $muted; padding: 0 8px; }
QPushButton[role="quiet"]:hover { background: $hover; color: $text; }
QPushButton[role="quiet"]:focus { border-color: $accent; }
QPushButton[role="link"] { background: transparent; border-color: transparent; color: $accent; padding: 0; }
QPushButton[role="link"]:hover { background: $hover; }
QPushButton[role="link"]:focus { border-color: $accent; }
QPushButton[role="navigation"] {
  background: transparent; border: none; border-left: 3px solid transparent; border-radius: 0;
  text-align: left; padding: 0 14px; min-height: 40px; color: $muted; }
QPushButton[role="navigation"]:hover { background: $hover; color: $text; }
QPushButton[role="navigation"]:checked { background: $raised; color: $text; border-left: 3px solid $accent; }
QPushButton[role="navigation"]:focus { color: $text; background: $hover; }
QPushButton[role="navigation-module"] {
  background: transparent; border: none; border-left: 3px solid transparent; border-radius: 0;
  text-align: left; padding: 0 14px 0 34px; min-height: 34px; color: $muted; }
QPushButton[role="navigation-module"]:hover { background: $hover; color: $text; }
QPushButton[role="navigation-module"]:checked { background: $raised; color: $text; border-left: 3px solid $accent; }
QPushButton[role="navigation-module"]:focus { color: $text; background: $hover; }
QPushButton[role="emergency"] {
  background: $stop; color: $on_stop; border: 2px solid $stop; border-radius: 8px;
  padding: 0 16px; min-height: ${stop_height}px; }
QPushButton[role="emergency"]:hover { background: $stop_hover; border-color: $stop_hover; }
QPushButton[role="emergency"]:focus { border: 2px solid $on_stop; }
QPushButton[role="segment"] {
  border-radius: 0; padding: 0 10px; border-left-width: 0; background: $surface; color: $muted; }
QPushButton[role="segment"][place="first"] {
  border-left-width: 1px; border-top-left-radius: 6px; border-bottom-left-radius: 6px; }
QPushButton[role="segment"][place="last"] { border-top-right-radius: 6px; border-bottom-right-radius: 6px; }
QPushButton[role="segment"]:hover { background: $hover; }
QPushButton[role="segment"]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[role="segment"]:focus { border: 1px solid $text; }
QLineEdit, QAbstractSpinBox {
  background: $ground; color: $text; border: 1px solid $strong_line; border-radius: 6px; padding: 0 8px;
  min-height: ${control}px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QAbstractSpinBox:focus { border: 1px solid $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled { color: $faint; border-color: $line; }
QComboBox {
  background: $raised; color: $text; border: 1px solid $strong_line; border-radius: 6px; padding: 0 8px;
  min-height: ${control}px; selection-background-color: $accent; selection-color: $on_accent; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox:focus { border: 1px solid $accent; }
QComboBox:disabled { color: $faint; background: $surface; border-color: $line; }
QComboBox QLineEdit { background: transparent; border: none; padding: 0; }
QComboBox QAbstractItemView, QListView[role="completions"] {
  background: $raised; color: $text; border: 1px solid $strong_line; selection-background-color: $accent;
  selection-color: $on_accent; }
QListWidget { background: $surface; border: 1px solid $line; border-radius: ${radius}px; padding: 6px; }
QListWidget:focus { border: 1px solid $accent; }
QListWidget::item { padding: 6px 8px; color: $text; }
QListWidget[role="compact"] { padding: 2px; }
QListWidget[role="compact"]::item { padding: 6px; }
QListWidget::item:selected { background: $hover; color: $text; }
QTableView {
  background: $surface; alternate-background-color: $raised; border: none; gridline-color: $line;
  selection-background-color: $hover; selection-color: $text; }
QTableView::item { padding: 0 8px; }
QTableView[role="chain"]::item { padding: 0 1px; }
QTableView[role="chain"] { outline: 2px solid $text; }
QTableView[role="chain"] QHeaderView::section { padding: 6px 4px; }
QHeaderView { background: $surface; }
QHeaderView::section {
  background: $surface; color: $muted; border: none; border-bottom: 1px solid $line; padding: 6px 11px; }
QTableCornerButton::section { background: $surface; border: none; }
QStatusBar { background: $surface; color: $muted; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar::handle:vertical { background: $strong_line; border-radius: 5px; min-height: 32px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle:horizontal { background: $strong_line; border-radius: 5px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""
