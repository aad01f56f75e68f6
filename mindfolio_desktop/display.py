"""Can a window be shown here? Qt aborts the process where it cannot, so this looks first and says it in one line."""

import ctypes
import os
import sys

from engine.core.errors import MindfolioError

LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
}
WAYLAND_LIBRARIES = {
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}


def require_qt(*, on_screen: bool) -> None:
    """Raise MindfolioError naming the packages to install, or the missing display. Only Linux can lack either."""
    if not sys.platform.startswith("linux"):
        return
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    has_x11, has_wayland = bool(os.environ.get("DISPLAY")), bool(os.environ.get("WAYLAND_DISPLAY"))
    if on_screen and not (platform or has_x11 or has_wayland):
        raise MindfolioError("there is no display to open a window on; use `mindfolio run --headless`, or set DISPLAY")
    needs_x11 = on_screen and (platform == "xcb" or (not platform and has_x11 and not has_wayland))
    needs_wayland = on_screen and (platform == "wayland" or (not platform and has_wayland))
    wanted = {**LIBRARIES, **(X11_LIBRARIES if needs_x11 else {}), **(WAYLAND_LIBRARIES if needs_wayland else {})}
    missing = [package for library, package in wanted.items() if not _is_there(library)]
    if missing:
        raise MindfolioError(f"Qt needs system libraries that are not installed: apt-get install {' '.join(missing)}")


def _is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
