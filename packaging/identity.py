"""What the systems know the application by: icons of the one drawing, version resource, identifier, property list."""

import os
import struct
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DRAWING = ROOT / "resources" / "mindfolio.svg"
NAME = "Mindfolio"
IDENTIFIER = "app.mindfolio.desktop"
SUMMARY = "Several option strategies on one account, each with its own budget"

ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
ICNS_TYPES = {128: b"ic07", 256: b"ic08", 512: b"ic09", 1024: b"ic10"}

PROPERTIES = {
    "CFBundleName": NAME,
    "CFBundleDisplayName": NAME,
    "LSApplicationCategoryType": "public.app-category.finance",
    "LSMinimumSystemVersion": "13.0",
    "NSHighResolutionCapable": True,
    "NSSupportsAutomaticGraphicsSwitching": True,
    "LSBackgroundOnly": False,  # which PyInstaller takes a program with a command line for
    "NSHumanReadableCopyright": "The Mindfolio authors, MIT licence",
}
"""Of macOS's Info.plist, beside what PyInstaller writes by itself."""


@dataclass(frozen=True)
class Identity:
    """What a program file is built with; None where its system has no such thing."""

    icon: str | None = None
    version_resource: str | None = None
    codesign_identity: str | None = None
    entitlements: str | None = None


def version() -> str:
    """The version that pyproject names."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def made_for(platform: str, folder: Path) -> Identity:
    """Write what a system asks for into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if platform == "win32":
        icon, resource = folder / "mindfolio.ico", folder / "version_resource.txt"
        icon.write_bytes(ico({size: png(size) for size in ICO_SIZES}))
        resource.write_text(version_resource(version()), encoding="utf-8")
        return Identity(str(icon), str(resource))
    if platform == "darwin":
        icon = folder / "mindfolio.icns"
        icon.write_bytes(icns({size: png(size) for size in ICNS_TYPES}))
        signer = os.environ.get("MINDFOLIO_CODESIGN_IDENTITY") or None
        return Identity(str(icon), None, signer, str(HERE / "macos" / "entitlements.plist"))
    return Identity()


def png(pixels: int) -> bytes:
    """The drawing as a PNG, square."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize  # noqa: PLC0415 - only where something is drawn
    from PySide6.QtGui import QImageReader, QImageWriter  # noqa: PLC0415

    reader = QImageReader(str(DRAWING), QByteArray(b"svg"))
    reader.setScaledSize(QSize(pixels, pixels))
    image = reader.read()
    if image.isNull():
        raise RuntimeError(f"{DRAWING}: {reader.errorString()}")
    kept = QByteArray()
    buffer = QBuffer(kept)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(kept.data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """Windows' icon: a directory of PNGs."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    entries, bodies, offset = b"", b"", len(head) + 16 * len(pictures)
    for size, body in sorted(pictures.items()):
        side = size % 256  # 0 stands for 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(body), offset)
        bodies += body
        offset += len(body)
    return head + entries + bodies


def icns(pictures: dict[int, bytes]) -> bytes:
    """The icon of macOS: PNGs, each under the code of its size."""
    body = b"".join(ICNS_TYPES[size] + struct.pack(">I", 8 + len(each)) + each for size, each in pictures.items())
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def version_resource(number: str) -> str:
    """What Windows shows under Properties, Details."""
    four = tuple([*(int(each) for each in number.split(".")[:3]), 0, 0, 0][:4])
    words = {
        "CompanyName": "The Mindfolio authors", "FileDescription": NAME, "FileVersion": number,
        "InternalName": "mindfolio",
        "LegalCopyright": PROPERTIES["NSHumanReadableCopyright"], "OriginalFilename": "mindfolio.exe",
        "ProductName": NAME, "ProductVersion": number,
    }  # fmt: skip
    strings = ", ".join(f"StringStruct({name!r}, {text!r})" for name, text in words.items())
    return (
        f"VSVersionInfo(ffi=FixedFileInfo(filevers={four}, prodvers={four}, mask=0x3F, flags=0, OS=0x40004, fileType=1,"
        f" subtype=0, date=(0, 0)), kids=[StringFileInfo([StringTable('040904B0', [{strings}])]),"
        " VarFileInfo([VarStruct('Translation', [1033, 1200])])])\n"
    )
