"""``python -m benchmarks compare --against <checkout> [name ...]``: two checkouts in turn, line by line.

Each checkout runs its own benchmark on its own package (this one's where it has none of the name), in turn,
``--runs`` times, so that a busy machine troubles both alike. Each line is printed as the last run printed it,
behind the ratios of its figures: this checkout's median over the other's. A ratio above 1.1 is marked, unless
more is better; figures that never change have no ratio.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.__main__ import NAMES

REPOSITORY = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"(?<![\w.,])-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?%?(?![\w.])")
MORE_IS_BETTER = re.compile(r"kept NUMBER|NUMBER x faster".replace("NUMBER", NUMBER.pattern))
WORSE = 1.1

Lines = dict[tuple[str, int], tuple[str, list[float]]]


def measured(output: str) -> Lines:
    """Return the lines with figures, each by its words and by how often these stood there before."""
    lines, before = {}, Counter[str]()
    for line in output.splitlines():
        figures = [float(text.replace(",", "").rstrip("%")) for text in NUMBER.findall(line)]
        if figures:
            words = " ".join(NUMBER.sub("#", line).split())
            lines[words, before[words]] = line, figures
            before[words] += 1
    return lines


def are_costs(line: str) -> list[bool]:
    """Say of each figure of a line whether less of it is better."""
    others = [match.span() for match in MORE_IS_BETTER.finditer(line)]
    return [not any(start <= match.start() < end for start, end in others) for match in NUMBER.finditer(line)]


def run(name: str, checkout: Path, arguments: Sequence[str]) -> Lines:
    """Run the benchmark of a checkout in this one's environment."""
    has_it = (checkout / "benchmarks" / f"{name}.py").exists()
    ran = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=checkout if has_it else REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(checkout / "src")},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"{name} failed on {checkout}:\n{ran.stdout}")
    return measured(ran.stdout)


def compare(name: str, other: Path, runs: int, arguments: Sequence[str]) -> int:
    """Print the lines of a benchmark with their ratios; return how many figures are worse."""
    figures: dict[tuple[str, int], dict[Path, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    text: dict[tuple[str, int], str] = {}
    for turn in range(runs):
        # Neither is always the one that goes first.
        for checkout in (other, REPOSITORY)[:: -1 if turn % 2 else 1]:
            for key, (line, values) in run(name, checkout, arguments).items():
                figures[key][checkout].append(values)
                if checkout == REPOSITORY:
                    text[key] = line
    worse = 0
    for key, line in text.items():
        olds, news = figures[key][other], figures[key][REPOSITORY]
        if not olds:
            print(f"{'only here':>24}  {line}")
            continue
        ratios = []
        columns = zip(zip(*olds, strict=True), zip(*news, strict=True), are_costs(line), strict=True)
        for old, new, is_cost in columns:
            if len({*old, *new}) > 1:
                before, now = statistics.median(old), statistics.median(new)
                ratio = now / before if before else float("inf" if now else 1)
                bad = ratio > WORSE and is_cost
                worse += bad
                ratios.append(f"{ratio:.2f}{'!' if bad else ''}")
        print(f"{' '.join(ratios):>24}  {line}")
    return worse


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all when none is given"
    )
    parser.add_argument("--against", type=Path, required=True, help="a checkout whose page has been built")
    parser.add_argument("--runs", type=int, default=3, help="of each benchmark on each checkout")
    options, rest = parser.parse_known_args(argv)
    other = options.against.resolve()
    if not (other / "src" / "feder_widget" / "static" / "widget.js").exists():
        parser.error(f"{other} has no page: run npm --prefix js ci and npm --prefix js run build there")
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if rest and len(options.names) != 1:
        parser.error(f"{' '.join(rest)} can only go to one benchmark: name it")
    worse, failed = 0, []
    for name in options.names or NAMES:
        print(f"\n== {name}: {REPOSITORY} over {other} ==", flush=True)
        try:
            worse += compare(name, other, options.runs, rest)
        except RuntimeError as error:
            print(error)
            failed.append(name)
    print(f"\n{worse} figures are more than {WORSE} times the other checkout's, marked !")
    if failed:
        print(f"failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    raise SystemExit(main())
