"""The map's cells, in Node: time, worst slice, error of the areas, share of the layout's order kept."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

JS = Path(__file__).resolve().parents[1] / "js"


def main(argv: Sequence[str] | None = None) -> int:
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    bundle = subprocess.run(
        ["node_modules/.bin/esbuild", "bench/cells.ts", "--bundle", "--format=esm", "--log-level=warning"],
        cwd=JS,
        stdout=subprocess.PIPE,
        check=True,
    ).stdout
    return subprocess.run(["node", "--input-type=module"], input=bundle, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
