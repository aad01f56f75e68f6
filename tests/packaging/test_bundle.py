"""What goes into the packaged application: nothing that is used may be left out, and what is not used may not come."""

import ast
import subprocess
import sys
from pathlib import Path

import bundle
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

WITHOUT = """
import pkgutil, sys
sys.path.append(sys.argv[1])
import bundle
sys.modules.update(dict.fromkeys(bundle.LEFT_OUT))
from importlib import import_module
import engine, mindfolio_desktop
ours = [
    each.name
    for package in (engine, mindfolio_desktop)
    for each in pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    if not each.name.endswith("__main__")
]
for name in (*ours, "pyqtgraph", "vollib.black", "sqlalchemy.dialects.sqlite", *bundle.FOR_USERS_MODULES):
    import_module(name)
from pyqtgraph import PlotWidget
print(len(ours))
"""


def test_everything_of_ours_is_imported_without_what_is_left_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(ROOT / "packaging")], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 300


def test_nothing_that_is_left_out_is_imported_late_but_the_extra() -> None:
    imported = set()
    for path in (*(ROOT / "engine").rglob("*.py"), *(ROOT / "mindfolio_desktop").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {each.name for each in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    assert len(imported) > 500
    assert {name for name in bundle.LEFT_OUT if name in imported} == {"apprise"}


@pytest.mark.skipif(sys.platform != "linux", reason="only there a file tells what it is linked to")
def test_a_library_comes_along_only_for_what_is_used() -> None:
    linked = {
        "/s/QtCore.so": ["libQt6Core.so.6", "libc.so.6"],
        "/s/libQt6Core.so.6": ["libicu.so.73", "libglib-2.0.so.0"],
        "/s/libqgtk3.so": ["libgtk-3.so.0"],
        "/s/libgtk-3.so.0": ["libcairo.so.2"],
    }
    used = [
        ("PySide6/QtCore.so", "/s/QtCore.so", "EXTENSION"),
        ("PySide6/Qt/lib/libQt6Core.so.6", "/s/libQt6Core.so.6", "BINARY"),
        ("PySide6/Qt/lib/libicu.so.73", "/s/libicu.so.73", "BINARY"),
    ]
    unused = [
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", "/s/libqgtk3.so", "BINARY"),
        ("libgtk-3.so.0", "/s/libgtk-3.so.0", "BINARY"),
        ("libcairo.so.2", "/s/libcairo.so.2", "BINARY"),
        ("libglib-2.0.so.0", "/s/libglib-2.0.so.0", "BINARY"),
    ]
    assert bundle.kept([*unused, *used], lambda file: linked.get(file, [])) == used


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_the_plugins_that_show_a_window_stay_and_those_of_other_screens_go() -> None:
    names = ["platforms/libqxcb", "platforms/libqwayland", "platforms/libqoffscreen", "imageformats/libqsvg"]
    gone = ["platforms/libqeglfs", "platforms/libqvnc", "imageformats/libqtiff", "tls/libqopensslbackend"]
    listed = [(f"PySide6/Qt/plugins/{name}.so", f"/s/{name}.so", "BINARY") for name in (*names, *gone)]
    assert [name for name, _source, _kind in bundle.kept(listed, lambda _file: [])] == [
        f"PySide6/Qt/plugins/{name}.so" for name in names
    ]


def test_data_files_tell_nothing_of_the_machine_that_built_and_no_link_leads_nowhere() -> None:
    binaries = [("PySide6/Qt/lib/libQt6Core.so.6", "/s/libQt6Core.so.6", "BINARY")]
    stay = [
        ("numpy-2.dist-info/METADATA", "/s/METADATA", "DATA"),
        ("libQt6Core.so.6", "PySide6/Qt/lib/libQt6Core.so.6", "SYMLINK"),
    ]
    go = [
        ("mindfolio_desktop-1.dist-info/direct_url.json", "/s/direct_url.json", "DATA"),
        ("libQt6Network.so.6", "PySide6/Qt/lib/libQt6Network.so.6", "SYMLINK"),
        ("PySide6/Qt/translations/qt_de.qm", "/s/qt_de.qm", "DATA"),
    ]
    assert bundle.kept_data([*go, *stay], binaries) == stay


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is stripped")
def test_only_what_bears_it_is_stripped_and_names_of_the_same_end_stay_apart(tmp_path: Path) -> None:
    library = Path(sys.executable).resolve()
    entries = [
        ("sqlalchemy/sql/_util_cy.so", str(library), "EXTENSION"),
        ("sqlalchemy/engine/_util_cy.so", str(library), "EXTENSION"),
        ("numpy.libs/libopenblas.so", str(library), "BINARY"),
    ]
    found = bundle.stripped(entries, tmp_path)
    assert [name for name, _source, _kind in found] == [name for name, _source, _kind in entries]
    assert len({source for _name, source, _kind in found}) == 3
    assert found[2] == entries[2]
    assert Path(found[0][1]).read_bytes()[:4] == b"\x7fELF"


def test_a_file_counts_as_what_is_packed_in_its_place(tmp_path: Path) -> None:
    whole, less = tmp_path / "whole", tmp_path / "less"
    whole.write_bytes(bytes(100))
    less.write_bytes(bytes(10))
    listed = [("a", str(whole), "BINARY"), ("b", "a", "SYMLINK"), ("c", str(whole), "PYMODULE")]
    packed = [("a", str(less), "BINARY"), *listed[1:]]
    assert bundle.sizes(listed, packed) == [(str(whole), 10), (str(whole), 0)]
