"""Whether a window can be shown is found out before Qt is asked, which would abort."""

import sys
from collections.abc import Callable

import pytest

from engine.core.errors import MindfolioError
from mindfolio_desktop import display

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Pretend to be a machine of a kind, with an environment and without some libraries."""

    def pretend(*missing: str, kind: str = "linux", **environment: str) -> None:
        monkeypatch.setattr(sys, "platform", kind)
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(display, "_is_there", lambda library: library not in missing)

    return pretend


@pytest.mark.parametrize(
    "environment", [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}, {"QT_QPA_PLATFORM": "offscreen"}]
)
def test_any_display_with_all_libraries_will_do(machine: Machine, environment: dict[str, str]) -> None:
    machine(**environment)
    display.require_qt(on_screen=True)


@pytest.mark.parametrize("environment", [{}, {"DISPLAY": ""}, {"WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}])
def test_without_a_display_it_says_how_to_do_without_one(machine: Machine, environment: dict[str, str]) -> None:
    machine(**environment)
    with pytest.raises(MindfolioError) as refused:
        display.require_qt(on_screen=True)
    assert str(refused.value) == (
        "there is no display to open a window on; use `mindfolio run --headless`, or set DISPLAY"
    )


def test_off_screen_needs_no_display(machine: Machine) -> None:
    machine()
    display.require_qt(on_screen=False)


def test_missing_libraries_are_named_by_their_packages_in_one_line(machine: Machine) -> None:
    machine("libEGL.so.1", "libdbus-1.so.3", DISPLAY=":0")
    with pytest.raises(MindfolioError) as refused:
        display.require_qt(on_screen=True)
    assert str(refused.value) == (
        "Qt needs system libraries that are not installed: apt-get install libegl1 libdbus-1-3"
    )


@pytest.mark.parametrize(
    ("environment", "on_screen", "needs_x11"),
    [
        ({"DISPLAY": ":0"}, True, True),
        ({"QT_QPA_PLATFORM": "xcb"}, True, True),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "xcb"}, True, True),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, True, False),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, True, False),
        ({"DISPLAY": ":0"}, False, False),
    ],
)
def test_libraries_of_x11_are_asked_for_only_where_x11_is_used(
    machine: Machine, environment: dict[str, str], on_screen: bool, needs_x11: bool
) -> None:
    machine("libxcb-cursor.so.0", **environment)
    if needs_x11:
        with pytest.raises(MindfolioError, match=r"apt-get install libxcb-cursor0$"):
            display.require_qt(on_screen=on_screen)
    else:
        display.require_qt(on_screen=on_screen)


@pytest.mark.parametrize("kind", ["darwin", "win32"])
def test_elsewhere_there_is_always_a_display_and_no_package_to_install(machine: Machine, kind: str) -> None:
    machine(*display.LIBRARIES, kind=kind)
    display.require_qt(on_screen=True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="these are names of Linux libraries")
def test_a_library_is_looked_for_as_the_loader_does() -> None:
    assert display._is_there("libc.so.6")
    assert not display._is_there("libmindfolio-does-not-exist.so.1")


@pytest.mark.parametrize(
    ("environment", "on_screen", "needs_wayland"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"QT_QPA_PLATFORM": "wayland"}, True, True),
        ({"DISPLAY": ":0"}, True, False),
        ({"WAYLAND_DISPLAY": "wayland-0", "QT_QPA_PLATFORM": "xcb"}, True, False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, False, False),
    ],
)
def test_the_libraries_of_wayland_are_needed_where_it_is_used(
    machine: Machine,
    environment: dict[str, str],
    on_screen: bool,
    needs_wayland: bool,
) -> None:
    machine(*display.WAYLAND_LIBRARIES, **environment)
    if not needs_wayland:
        display.require_qt(on_screen=on_screen)
        return
    with pytest.raises(MindfolioError, match="apt-get install libwayland-cursor0 libwayland-egl1"):
        display.require_qt(on_screen=on_screen)
