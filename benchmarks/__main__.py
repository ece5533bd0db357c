"""``python -m benchmarks [name ...]``: the figures that are promised, each benchmark in its own process.

With one name, further arguments go to it: ``python -m benchmarks page --n 100000``. ``compare`` runs them on
two checkouts in turn.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

NAMES = (
    "sizes",
    "memory",
    "trace",
    "families",
    "disk",
    "large_index",
    "recall",
    "executors",
    "ground_truth",
    "shards",
    "graph",
    "graph_map",
    "graph_dragging",
    "layout",
    "cells",
    "projection",
    "media",
    "figures",
    "embed",
    "cells_between",
    "page",
    "views",
    "mosaics",
    "large_map",
    "dragging",
    "saved_page",
    "drop",
)


def main(argv: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if argv is None else list(argv)
    if given[:1] == ["compare"]:
        return int(not _run("compare", given[1:]))
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all when none is given"
    )
    options, rest = parser.parse_known_args(given)
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if rest and len(options.names) != 1:
        parser.error(f"{' '.join(rest)} can only go to one benchmark: name it")
    failed = [name for name in options.names or NAMES if not _run(name, rest)]
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return int(bool(failed))


def _run(name: str, arguments: Sequence[str]) -> bool:
    print(f"\n== {name} ==", flush=True)
    return (
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False).returncode == 0
    )


if __name__ == "__main__":
    raise SystemExit(main())
