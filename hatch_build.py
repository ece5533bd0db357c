"""Build the front end into ``src/feder_widget/static`` before a wheel or an editable install is made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndBuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        root = Path(self.root)
        static = root / "src" / "feder_widget" / "static"
        bundles = ("widget", "graph_widget", "page")
        built = [f"{bundle}.{kind}" for bundle in bundles for kind in ("js", "css")]
        if all((static / name).exists() for name in built):
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "building feder-widget from source needs Node.js >= 20 with npm (https://nodejs.org); "
                "the published wheel needs neither"
            )
        js = root / "js"
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=js, check=True)
        subprocess.run([npm, "run", "build"], cwd=js, check=True)
