"""Build the application, try it, and make what people download: `uv run --group package python packaging/build.py`.

What comes out lies in `dist`: the application's folder, an archive of it (and a .deb on Linux), a bill of materials
(CycloneDX), and SHA256SUMS. Nothing is left there that was not tried. Signing is told in README.md beside this file.
"""

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import archives
import bill
import identity
import inventory
import pins
import trials

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
BUILT = ROOT / "build" / "build"
MIB = 1 << 20


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 0 built and tried, 1 otherwise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-archives", action="store_true", help="build and try only")
    parser.add_argument("--measured", action="store_true", help="with two programs that watch it; no archives")
    options = parser.parse_args(arguments)
    if problems := pins.differences():
        print("this environment is not the pinned one:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    for old in (*DIST.glob("mindfolio*"), *DIST.glob("Mindfolio*"), DIST / "SHA256SUMS"):
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    _step("build", lambda: _pyinstaller(measured=options.measured))
    folder = DIST / "mindfolio"
    print(_size_table(folder))
    program = folder / ("mindfolio.exe" if os.name == "nt" else "mindfolio")
    for trial in trials.ALL:
        _step(f"try {trial.__name__.replace('_', ' ')}", partial(trial, program))
    if not options.no_archives and not options.measured:
        made = _archives(folder)
        sums = "".join(f"{_sha256(file)}  {file.name}\n" for file in made)
        (DIST / "SHA256SUMS").write_text(sums, encoding="utf-8", newline="\n")
        print(sums, end="")
    return 0


def _step(name: str, do: Callable[[], object]) -> None:
    began = perf_counter()
    do()
    print(f"== {name}: {perf_counter() - began:.0f} s", flush=True)


def _pyinstaller(*, measured: bool) -> None:
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", str(ROOT / "build.spec")]
    subprocess.run([*command, *(["--", "--measured"] if measured else [])], check=True, cwd=ROOT)


def _archives(folder: Path) -> list[Path]:
    name = f"mindfolio-{identity.version()}-{_system()}"
    made: list[Path] = []
    if sys.platform == "linux":
        _step("tar.zst", lambda: made.append(archives.tar_zst(folder, DIST / f"{name}.tar.zst")))
        if shutil.which("dpkg-deb"):
            _step(".deb", lambda: made.append(archives.deb(folder, DIST)))
    elif sys.platform == "darwin":
        _step("zip", lambda: made.append(archives.ditto(DIST / "Mindfolio.app", DIST / f"{name}.zip")))
    else:
        _step("zip", lambda: made.append(Path(shutil.make_archive(str(DIST / name), "zip", DIST, folder.name))))
    parts = inventory.from_json((BUILT / "parts.json").read_text(encoding="utf-8"))
    materials = DIST / f"{name}.cdx.json"
    materials.write_text(bill.of(parts, identity.version()), encoding="utf-8", newline="\n")
    return [*made, materials]


def _system() -> str:
    names = {"win32": "windows", "darwin": "macos"}
    return f"{names.get(sys.platform, sys.platform)}-{platform.machine().lower()}"


def _size_table(folder: Path) -> str:
    """What is how large on the disk, by owner; what is compiled is in the program file."""
    parts = inventory.from_json((BUILT / "parts.json").read_text(encoding="utf-8"))
    whole = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    program = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    rows = [("the program file, with all Python code", program)]
    rows += [(f"{part.name} {part.version}".strip(), part.size) for part in parts if part.size > MIB / 2]
    rows.append(("smaller ones", whole - sum(size for _name, size in rows)))
    lines = [f"  {name:<44}{size / MIB:8.1f}" for name, size in (*rows, ("on disk", whole))]
    return "\n".join(["MiB:", *lines])


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
