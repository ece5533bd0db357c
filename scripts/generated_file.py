"""A file that is written from a declaration elsewhere, or checked against it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def update(target: Path, text: str, command: str, description: str | None, argv: Sequence[str] | None) -> int:
    """Write the file, or with ``--check`` return 1 where it differs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="fail where the file is out of date")
    if not parser.parse_args(argv).check:
        target.write_text(text, encoding="utf-8")
        return 0
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return 0
    print(f"{target.name} is not what its declaration makes: run {command}")
    return 1
