"""What systems know the application by, made of one drawing and of pyproject's version."""

import plistlib
import struct
from pathlib import Path

import identity
import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QImage

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_drawing_is_drawn_at_the_size_that_is_asked_for() -> None:
    image = QImage.fromData(QByteArray(identity.png(48)))
    assert (image.width(), image.height()) == (48, 48)
    assert image.pixelColor(24, 4).alpha() == 255, "filled"
    assert image.pixelColor(0, 0).alpha() == 0, "with round corners"


def test_windows_icon_is_read_by_another_program() -> None:
    icon = identity.ico({size: identity.png(size) for size in identity.ICO_SIZES})
    image = QImage.fromData(QByteArray(icon))
    assert image.width() in identity.ICO_SIZES
    kind, count = struct.unpack_from("<HH", icon, 2)
    assert (kind, count) == (1, len(identity.ICO_SIZES))
    size, offset = struct.unpack_from("<II", icon, 6 + 16 * (count - 1) + 8)
    assert icon[offset : offset + 8] == b"\x89PNG\r\n\x1a\n"
    assert offset + size == len(icon)


def test_the_icon_of_macos_tells_its_own_length_and_each_pictures() -> None:
    icon = identity.icns({size: identity.png(size) for size in identity.ICNS_TYPES})
    assert icon[:4] == b"icns"
    assert struct.unpack_from(">I", icon, 4)[0] == len(icon)
    at, widths = 8, []
    while at < len(icon):
        (length,) = struct.unpack_from(">I", icon, at + 4)
        widths.append(QImage.fromData(QByteArray(icon[at + 8 : at + length])).width())
        at += length
    assert widths == list(identity.ICNS_TYPES)


@pytest.mark.parametrize("number", ["0.1.0", "12.3"])
def test_the_version_resource_tells_the_version(number: str) -> None:
    text = identity.version_resource(number)
    compile(text, "version", "eval")  # PyInstaller evaluates it
    assert f"StringStruct('ProductVersion', '{number}')" in text
    assert f"filevers={tuple([*map(int, number.split('.')), 0, 0][:4])}" in text


def test_each_system_is_given_what_it_asks_for(tmp_path: Path) -> None:
    windows = identity.made_for("win32", tmp_path)
    assert windows.icon is not None
    assert Path(windows.icon).stat().st_size > 1000
    assert windows.version_resource is not None
    mac = identity.made_for("darwin", tmp_path)
    assert mac.entitlements is not None
    granted = plistlib.loads(Path(mac.entitlements).read_bytes())
    assert set(granted) == {
        "com.apple.security.cs.allow-unsigned-executable-memory",
        "com.apple.security.cs.disable-library-validation",
    }
    assert identity.made_for("linux", tmp_path) == identity.Identity()


def test_the_menu_entry_starts_the_command_with_the_icon() -> None:
    lines = (ROOT / "packaging/linux/mindfolio.desktop").read_text(encoding="utf-8").splitlines()
    assert {"Exec=mindfolio", "Icon=mindfolio", "Terminal=false", "Type=Application"} <= set(lines)
