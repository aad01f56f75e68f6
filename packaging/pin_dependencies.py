"""Write the exact versions that were resolved and tested into pyproject.toml: `uv run packaging/pin_dependencies.py`.

A lock file would name a package registry, so none is kept in the repository. Instead every version is pinned under
`[tool.uv] constraint-dependencies`, with the markers under which it applies. Give `--upgrade` to take the newest
versions that pyproject's ranges allow.
"""

import re
import subprocess
import sys
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
BLOCK = re.compile(r"^constraint-dependencies = \[(?:\]|.*?^\])", re.DOTALL | re.MULTILINE)


def resolved(*, upgrade: bool) -> list[str]:
    """One `name==version ; markers` a line, for every package of every group, on all platforms."""
    text = PYPROJECT.read_text(encoding="utf-8")
    if upgrade:
        PYPROJECT.write_text(BLOCK.sub("constraint-dependencies = []", text, count=1), encoding="utf-8")
    command = ["uv", "export", "--no-hashes", "--no-annotate", "--no-header", "--no-emit-project", "--all-groups"]
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
    print(f"pinned {len(pins)} packages")


if __name__ == "__main__":
    main()
