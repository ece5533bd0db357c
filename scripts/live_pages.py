"""Write the live pages of the documentation, and the numbers that its text names.

``make docs`` runs it::

    python -m scripts.live_pages --out docs/live
    python -m scripts.live_pages --out /tmp/live why-missed

Nothing of it is committed: `scripts.docs_hooks` puts pages and numbers into the site.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.lab import REPOSITORY
from scripts.live_examples import EXAMPLES

OUT = REPOSITORY / "docs" / "live"
FACTS = "facts.json"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write the live pages of the documentation.")
    parser.add_argument("names", nargs="*", metavar="name", help="; ".join(EXAMPLES))
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(argv)
    unknown = sorted(set(options.names) - set(EXAMPLES))
    if unknown:
        parser.error(f"name must be one of {', '.join(EXAMPLES)}, got {', '.join(unknown)}")
    return write_pages(options.out, options.names or list(EXAMPLES))


def write_pages(out: Path, names: Sequence[str]) -> int:
    out.mkdir(parents=True, exist_ok=True)
    path = out / FACTS
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    facts = {name: known[name] for name in EXAMPLES if name in known}
    for name in names:
        made = EXAMPLES[name]()
        page = made.widget.save_html(
            out / f"{name}.html",
            hardest=made.hardest,
            max_bytes=made.page_bytes,
            title=made.title,
        )
        made.widget.close()
        facts[name] = {"title": made.title, **made.facts}
        print(f"{page.name}: {page.stat().st_size / 1e6:.1f} MB")
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
