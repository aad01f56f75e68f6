"""The application's folder as something to download: an archive, and on Debian and Ubuntu a package."""

import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import bundle
import identity

from mindfolio_desktop.display import LIBRARIES, X11_LIBRARIES

HERE = Path(__file__).resolve().parent


def tar_zst(folder: Path, target: Path) -> Path:
    """One archive with one folder in it, the same bytes from the same files."""
    kind = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0", "--mode=go=rX,u+rw"]
    renamed = ["--transform", f"s,^{folder.name},{target.name.removesuffix('.tar.zst')},"]
    command = [
        "tar",
        *kind,
        *renamed,
        "-I",
        "zstd -15 -T0 -q",
        "-cf",
        str(target),
        "-C",
        str(folder.parent),
        folder.name,
    ]
    subprocess.run(command, check=True)
    return target


def ditto(application: Path, target: Path) -> Path:
    """A macOS application as notarytool takes it: symbolic links and signatures stay."""
    subprocess.run(["ditto", "-c", "-k", "--keepParent", str(application), str(target)], check=True)
    return target


def deb(folder: Path, into: Path) -> Path:
    """A Debian package: the program, its command, its entry in the menu with an icon, and its licences."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    with tempfile.TemporaryDirectory() as kept:
        root = Path(kept)
        root.chmod(0o755)
        inside = root / "usr/lib/mindfolio"
        shutil.copytree(folder, inside, symlinks=True)
        _place(root, "usr/share/applications/mindfolio.desktop", (HERE / "linux/mindfolio.desktop").read_bytes())
        _place(root, "usr/share/icons/hicolor/256x256/apps/mindfolio.png", identity.png(256))
        _place(root, "usr/share/icons/hicolor/scalable/apps/mindfolio.svg", identity.DRAWING.read_bytes())
        _place(root, "usr/share/doc/mindfolio/copyright", (folder / "_internal/licences/THIRD_PARTY.txt").read_bytes())
        (root / "usr/bin").mkdir()
        (root / "usr/bin/mindfolio").symlink_to("../lib/mindfolio/mindfolio")
        kilobytes = sum(file.lstat().st_size for file in inside.rglob("*") if file.is_file()) // 1024
        _place(root, "DEBIAN/control", _control(machine, kilobytes, _needs(folder)).encode())
        subprocess.run(["chmod", "-R", "go=rX,u+rw", str(root)], check=True)
        target = into / f"mindfolio_{identity.version()}_{machine}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z4", "--build", str(root), str(target)], check=True)
    return target


def _place(root: Path, name: str, content: bytes) -> None:
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _control(machine: str, kilobytes: int, needs: list[str]) -> str:
    return f"""\
Package: mindfolio
Version: {identity.version()}
Architecture: {machine}
Maintainer: The Mindfolio authors
Installed-Size: {kilobytes}
Depends: {", ".join(needs)}
Recommends: xkb-data
Section: misc
Priority: optional
Description: {identity.SUMMARY}
 A desktop application for options traders: strategies that scan, trade and keep
 their own ledger, under one account, with one button that stops everything.
"""


def _needs(folder: Path) -> list[str]:
    """The packages that have what the libraries inside are linked to and that is not inside, and those of a window."""
    binaries = [file for file in folder.rglob("*") if file.is_file() and not file.is_symlink() and _is_elf(file)]
    inside = {file.name for file in folder.rglob("*")}
    outside = {name for file in binaries for name in bundle.linked_libraries(str(file))} - inside
    packages = {_package(name) for name in outside} - {"libc6"}
    return [f"libc6 (>= {_oldest_libc(binaries)})", *sorted({*packages, *LIBRARIES.values(), *X11_LIBRARIES.values()})]


def _is_elf(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _package(library: str) -> str:
    told = subprocess.run(["dpkg-query", "-S", f"*/{library}"], check=True, capture_output=True, text=True).stdout
    return told.split(":", 1)[0].strip()


def _oldest_libc(binaries: list[Path]) -> str:
    found = {(2, 17)}
    for file in binaries:
        told = subprocess.run(["objdump", "-p", str(file)], check=True, capture_output=True, text=True).stdout
        found |= {(int(high), int(low)) for high, low in re.findall(r"GLIBC_(\d+)\.(\d+)", told)}
    return "{}.{}".format(*max(found))
