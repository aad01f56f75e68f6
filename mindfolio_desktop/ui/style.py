"""The style sheet as a template: roles of widgets, with the tokens of the theme and sizes of text left open."""

STYLE = """
QToolTip { background: $raised; color: $text; border: 1px solid $strong_line; padding: 6px; }
QScrollArea, QScrollArea > QWidget > QWidget[role="page"] { background: transparent; border: none; }
QFrame[role="card"] { background: $surface; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[role="header"] { background: $surface; border-bottom: 1px solid $line; }
QFrame[role="navigation"] { background: $surface; border-right: 1px solid $line; }
QFrame[role="overlay"] { background: $surface; border: 1px solid $strong_line; border-radius: ${radius}px; }
QFrame[role="line"] { background: $line; border: none; }
QLabel[role="muted"], QLabel[role="caption"] { color: $muted; }
QLabel[role="faint"] { color: $faint; }
QLabel[role="gain"] { color: $gain; }
QLabel[role="loss"] { color: $loss; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="warning-chip"] {
  color: $warning; background: $warning_ground; border: 1px solid $warning; border-radius: 4px; padding: 1px 6px; }
QLabel[role="chip"] { color: $muted; background: $hover; border-radius: 4px; padding: 2px 7px; }
QLabel[role="accent-chip"] { color: $on_accent; background: $accent; border-radius: 4px; padding: 2px 7px; }
QFrame[role="simulated"] { color: $on_banner; background: $simulated; }
QFrame[role="replay"] { color: $on_banner; background: $replay; }
QFrame[role="action-strip"] { background: $raised; border: 1px solid $strong_line; border-radius: ${radius}px; }
QWidget[role="chart"], QWidget[role="focused-chart"] { border: 1px solid transparent; }
QWidget[role="focused-chart"] { border: 1px solid $accent; }
QFrame[role="stop-panel"] { background: $stop_ground; border: none; border-bottom: 2px solid $stop; }
QFrame[role="stop-panel"] QLabel { color: $text; }
QFrame[role="toast"] { background: $raised; border: 1px solid $warning; border-radius: ${radius}px; }
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
QPushButton::menu-indicator {
  image: url("$arrow"); width: ${arrow_size}px; height: ${arrow_size}px;
  subcontrol-origin: padding; subcontrol-position: center right; right: 6px; }
QPushButton[role="compact"] { padding: 0 9px; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; color: $muted; padding: 0 8px; }
QPushButton[role="quiet"]:hover { background: $hover; color: $text; }
QPushButton[role="quiet"]:focus { border-color: $accent; }
QPushButton[role="link"] { background: transparent; border-color: transparent; color: $accent; padding: 0; }
QPushButton[role="link"]:hover { background: $hover; }
QPushButton[role="link"]:focus { border-color: $accent; }
QPushButton[role="navigation"] {
  background: transparent; border: none; border-left: 3px solid transparent; border-radius: 0;
  text-align: left; padding: 0 14px; min-height: ${page}px; color: $muted; }
QPushButton[role="navigation"]:hover { background: $hover; color: $text; }
QPushButton[role="navigation"]:checked { background: $raised; color: $text; border-left: 3px solid $accent; }
QPushButton[role="navigation"]:focus { color: $text; background: $hover; border: 2px solid $accent; }
QPushButton[role="navigation-module"] {
  background: transparent; border: none; border-left: 3px solid transparent; border-radius: 0;
  text-align: left; padding: 0 14px 0 ${indent}px; min-height: ${module}px; color: $muted; }
QPushButton[role="navigation-module"]:hover { background: $hover; color: $text; }
QPushButton[role="navigation-module"]:checked { background: $raised; color: $text; border-left: 3px solid $accent; }
QPushButton[role="navigation-module"]:focus { color: $text; background: $hover; border: 2px solid $accent; }
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
QPushButton[role="segment"][place="only"] { border-left-width: 1px; border-radius: 6px; }
QPushButton[role="segment"]:hover { background: $hover; }
QPushButton[role="segment"]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[role="segment"]:focus, QPushButton[role="segment"][focused="true"] { border: 1px solid $text; }
QPlainTextEdit {
  background: $ground; color: $text; border: 1px solid $strong_line; border-radius: 6px; padding: 4px;
  selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit:focus { border: 1px solid $accent; }
QLineEdit, QAbstractSpinBox {
  background: $ground; color: $text; border: 1px solid $strong_line; border-radius: 6px; padding: 0 8px;
  min-height: ${control}px; selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QAbstractSpinBox:focus { border: 1px solid $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled { color: $faint; border-color: $line; }
QMenu { background: $raised; color: $text; border: 1px solid $strong_line; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 28px; border-radius: 4px; }
QMenu::item:selected { background: $hover; }
QComboBox {
  combobox-popup: 0;
  background: $ground; color: $text; border: 1px solid $strong_line; border-radius: 6px; padding: 0 8px;
  min-height: ${control}px; }
QComboBox:focus, QComboBox:on { border: 1px solid $accent; }
QComboBox:disabled { color: $faint; border-color: $line; }
QComboBox::drop-down { background: transparent; border: none; width: ${drop}px; }
QComboBox::down-arrow { image: url("$arrow"); width: ${arrow_size}px; height: ${arrow_size}px; }
QComboBox QLineEdit { background: transparent; border: none; padding: 0; min-height: 0; }
QComboBox QAbstractItemView { background: $raised; color: $text; border: 1px solid $strong_line; padding: 4px; }
QComboBox QAbstractItemView::item { min-height: ${item}px; padding: 0 6px; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator {
  width: ${tick_size}px; height: ${tick_size}px; border: 1px solid $faint; border-radius: 4px; background: $ground; }
QCheckBox::indicator:focus { border: 1px solid $text; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; image: url("$tick"); }
QCheckBox::indicator:checked:focus { border: 1px solid $text; }
QSlider::groove:horizontal { background: $track; height: 4px; border-radius: 2px; }
QSlider::handle:horizontal {
  background: $accent; border: 1px solid $accent; width: ${knob}px; height: ${knob}px;
  margin: -${knob_out}px 0; border-radius: ${knob_half}px; }
QSlider::handle:horizontal:focus { border: 1px solid $text; }
QSlider::handle:horizontal:disabled { background: $strong_line; border-color: $strong_line; }
QProgressBar { background: $track; border: none; border-radius: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QListWidget { background: $surface; border: 1px solid $line; border-radius: ${radius}px; padding: 6px; }
QListWidget::item { padding: 6px 8px; color: $text; }
QListWidget::item:selected { background: $hover; color: $text; }
QTableView {
  background: $surface; alternate-background-color: $raised; border: none; gridline-color: $line;
  selection-background-color: $hover; selection-color: $text; }
QTableView::item { padding: 0 8px; }
QListView[role="completions"] {
  background: $raised; color: $text; border: 1px solid $strong_line; selection-background-color: $accent;
  selection-color: $on_accent; }
QListWidget:focus { border: 1px solid $accent; }
QListWidget[role="compact"] { padding: 2px; }
QListWidget[role="compact"]::item { padding: 6px; }
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
