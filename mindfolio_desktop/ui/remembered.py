"""What the window remembers of a person's choices between two starts; it knows nothing of trades."""

from PySide6.QtCore import QSettings


def remember(key: str, value: str) -> None:
    """Keep words under a key, until others take their place."""
    _settings().setValue(key, value)


def recall(key: str) -> str:
    """What was kept under a key, "" for nothing."""
    found = _settings().value(key, "")
    return found if isinstance(found, str) else ""


def _settings() -> QSettings:
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "Mindfolio", "Mindfolio")
