"""What people download: an archive, and a package that names what it needs."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import archives
import identity
import pytest

from mindfolio_desktop.display import LIBRARIES, WAYLAND_LIBRARIES, X11_LIBRARIES

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

needs_dpkg = pytest.mark.skipif(
    sys.platform != "linux" or not all(map(shutil.which, ("dpkg-deb", "objdump"))), reason="not a Debian with binutils"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application of one program and its licences."""
    made = tmp_path / "mindfolio"
    (made / "_internal/licences").mkdir(parents=True)
    (made / "_internal/licences/THIRD_PARTY.txt").write_text("terms\n", encoding="utf-8")
    shutil.copy(Path(sys.executable).resolve(), made / "mindfolio")
    (made / "_internal/link").symlink_to("licences")
    return made


def test_readme_names_the_packages_that_the_program_asks_for() -> None:
    found = re.search(r"^apt-get install (libegl1.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    named = re.findall(r"lib[a-z0-9.+-]+", found[1])
    assert named == [*LIBRARIES.values(), *X11_LIBRARIES.values(), *WAYLAND_LIBRARIES.values()]


@needs_dpkg
def test_the_package_has_command_menu_entry_icon_and_licences_and_names_what_it_needs(
    folder: Path, tmp_path: Path
) -> None:
    made = archives.deb(folder, tmp_path)
    out = tmp_path / "out"
    subprocess.run(["dpkg-deb", "-x", str(made), str(out)], check=True)
    assert (out / "usr/bin/mindfolio").resolve() == out / "usr/lib/mindfolio/mindfolio"
    assert (out / "usr/share/applications/mindfolio.desktop").is_file()
    assert (out / "usr/share/icons/hicolor/256x256/apps/mindfolio.png").read_bytes()[:4] == b"\x89PNG"
    assert (out / "usr/share/doc/mindfolio/copyright").read_text(encoding="utf-8") == "terms\n"
    assert (out / "usr/lib/mindfolio/_internal/link").is_symlink()
    told = subprocess.run(["dpkg-deb", "-f", str(made)], check=True, capture_output=True, text=True).stdout
    assert f"Version: {identity.version()}" in told
    needs = next(line for line in told.splitlines() if line.startswith("Depends:"))
    assert re.search(r"libc6 \(>= 2\.\d+\)", needs)
    assert {*LIBRARIES.values(), *X11_LIBRARIES.values()} <= set(needs.removeprefix("Depends: ").split(", "))


@pytest.mark.skipif(not shutil.which("zstd") or sys.platform != "linux", reason="zstd is not there")
def test_the_archive_is_one_folder_and_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    first = archives.tar_zst(folder, tmp_path / "mindfolio-1-linux.tar.zst").read_bytes()
    (folder / "mindfolio").touch()
    second = archives.tar_zst(folder, tmp_path / "mindfolio-1-linux.tar.zst")
    assert second.read_bytes() == first
    listed = subprocess.run(
        ["tar", "-I", "zstd", "-tvf", str(second)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert all(" mindfolio-1-linux/" in line and line.split()[1] == "0/0" for line in listed)
