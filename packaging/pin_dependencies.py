"""Write the exact versions that were resolved and tested into pyproject.toml: `uv run packaging/pin_dependencies.py`.

A lock file would name a package registry, so none is kept in the repository. Instead every version is pinned under
`[tool.uv] constraint-dependencies`, with the markers under which it applies; beside this file lies the same with hashes
and without any address: `runtime-requirements.txt`, what the application is made of, and `build-requirements.txt`, what
builds it. Give `--upgrade` to take the newest versions that pyproject's ranges allow.
"""

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYPROJECT = HERE.parent / "pyproject.toml"
HASHED = {"runtime-requirements.txt": "--no-dev", "build-requirements.txt": "--only-group=package"}
BLOCK = re.compile(r"^constraint-dependencies = \[(?:\]|.*?^\])", re.DOTALL | re.MULTILINE)


EXPORT = ("uv", "export", "--no-annotate", "--no-header", "--no-emit-project")
"""Nothing but what to install. An address is only in it where somebody asks for one."""


def resolved(*, upgrade: bool) -> list[str]:
    """One `name==version ; markers` a line, for every package of every group, on all platforms."""
    text = PYPROJECT.read_text(encoding="utf-8")
    if upgrade:
        PYPROJECT.write_text(BLOCK.sub("constraint-dependencies = []", text, count=1), encoding="utf-8")
    command = [*EXPORT, "--no-hashes", "--all-groups"]
    if upgrade:
        command.append("--upgrade")
    try:
        printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PYPROJECT.parent).stdout
    except subprocess.CalledProcessError as error:
        PYPROJECT.write_text(text, encoding="utf-8")
        sys.exit(f"nothing was changed: {error.stderr.strip()}")
    return [line.strip() for line in printed.splitlines() if "==" in line]


def main() -> None:
    """Resolve and rewrite the block."""
    pins = resolved(upgrade="--upgrade" in sys.argv[1:])
    lines = "".join(f'  "{pin.replace(chr(34), chr(39))}",\n' for pin in pins)
    text = PYPROJECT.read_text(encoding="utf-8")
    PYPROJECT.write_text(BLOCK.sub(f"constraint-dependencies = [\n{lines}]", text, count=1), encoding="utf-8")
    for name, of_which in HASHED.items():
        command = [*EXPORT, of_which]
        printed = subprocess.run(command, check=True, capture_output=True, text=True, cwd=PYPROJECT.parent).stdout
        (HERE / name).write_text(printed, encoding="utf-8", newline="\n")
    print(f"pinned {len(pins)} packages")


if __name__ == "__main__":
    main()
