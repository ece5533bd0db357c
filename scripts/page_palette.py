"""Write the page's palette, ``js/src/look/palettes.generated.ts``, from its declaration in Python.

``--check`` writes nothing and fails where the file differs.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from feder_widget.palette import PALETTES, Palette
from scripts.generated_file import update

TARGET = Path(__file__).resolve().parents[1] / "js" / "src" / "look" / "palettes.generated.ts"

HEAD = """\
/** Written by `python -m scripts.page_palette` from `feder_widget/palette.py`: edit that. */

export type Mode = "light" | "dark";
export type Rgb = readonly [number, number, number];

/** Every colour of the widget. The page's style sheet and the canvases read the same values. */
export interface Palette {
"""

TYPES = {"str": "string", "float": "number", "Rgb": "Rgb", "tuple[Rgb, ...]": "readonly Rgb[]"}


def main(argv: Sequence[str] | None = None) -> int:
    return update(TARGET, page_side(), "python -m scripts.page_palette", __doc__, argv)


def page_side() -> str:
    """Return the text of ``palettes.generated.ts``."""
    fields = dataclasses.fields(Palette)
    lines = [f"  readonly {_name(field.name)}: {TYPES[str(field.type)]};" for field in fields]
    parts = [HEAD + "\n".join(lines) + "\n}\n\nexport const PALETTES: Readonly<Record<Mode, Palette>> = {\n"]
    for mode, palette in PALETTES.items():
        values = [(field.name, getattr(palette, field.name)) for field in fields]
        parts.append(f"  {mode}: {{\n" + "".join(_entry(name, value) for name, value in values) + "  },\n")
    return "".join(parts) + "};\n"


def _name(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def _entry(name: str, value: object) -> str:
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, tuple) and isinstance(value[0], tuple):
        text = "[\n" + "".join(f"      [{', '.join(map(str, one))}],\n" for one in value) + "    ]"
    elif isinstance(value, tuple):
        text = f"[{', '.join(map(str, value))}]"
    else:
        text = str(value)
    return f"    {_name(name)}: {text},\n"


if __name__ == "__main__":
    sys.exit(main())
