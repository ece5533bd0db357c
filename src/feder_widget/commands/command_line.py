"""Reads the arguments of ``feder-widget`` and calls the command that they name."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from feder_widget.commands import demo, explain


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="feder-widget", description="See how one nearest-neighbour query was answered by a Faiss index."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    demo.add_arguments(
        commands.add_parser("demo", help="open the quick start in JupyterLab, in a temporary folder")
    )
    explain.add_arguments(
        commands.add_parser(
            "explain",
            help="say what a search of an index returned and missed, and why",
            description="Search an index, compare with an exhaustive search, and say what is missed and why. "
            "The exit status is 1 where recall is below --fail-under, and 2 where an argument is wrong.",
        )
    )
    options = parser.parse_args(argv)
    return explain.explain_index(options) if options.command == "explain" else demo.open_demo(options)
