"""Rooms import downwards only, and no two files import each other: read from the sources, not from memory."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "feder_widget"
PAGE = REPOSITORY / "js" / "src"

Graph = Mapping[str, frozenset[str]]

# A room may import what stands below it: its own entry, and nothing else, names what that is.
PYTHON_ROOMS = {
    "errors": (),
    "faiss_version": (),
    "model": ("errors",),
    "stores": ("errors", "model"),
    "faiss_internals": ("errors", "model", "stores"),
    "hnswlib_internals": ("errors", "model"),
    "milvus_internals": ("errors", "faiss_internals"),
    "workers": ("errors", "model"),
    "vector_files": ("errors", "model"),
    "truth": ("errors", "faiss_internals", "model", "workers"),
    "checks": ("errors", "faiss_internals", "model", "truth"),
    "engines": (
        "checks",
        "errors",
        "faiss_internals",
        "hnswlib_internals",
        "milvus_internals",
        "model",
        "stores",
        "truth",
        "vector_files",
        "workers",
    ),
    "power_diagram": (),
    "layout": (),
    "map": ("layout", "power_diagram"),
    "projection": ("engines", "layout", "model"),
    "media": ("model",),
    "embedding": ("errors", "media", "model"),
    "wording": ("media", "model"),
    "embedders": ("embedding",),
    "figures": (
        "engines",
        "layout",
        "map",
        "media",
        "model",
        "palette",
        "power_diagram",
        "projection",
        "truth",
        "wording",
    ),
    "session": (
        "embedding",
        "engines",
        "errors",
        "layout",
        "map",
        "media",
        "model",
        "projection",
        "truth",
        "workers",
    ),
    "export": (
        "engines",
        "errors",
        "figures",
        "map",
        "media",
        "model",
        "projection",
        "session",
        "truth",
        "wording",
    ),
    "palette": (),
    "synced_traits": (),
    "index_widget": ("export", "media", "model", "session", "synced_traits"),
    "graph_widget": (
        "engines",
        "errors",
        "export",
        "figures",
        "index_widget",
        "media",
        "model",
        "projection",
        "session",
        "synced_traits",
        "truth",
    ),
    "widget": (
        "embedding",
        "engines",
        "errors",
        "export",
        "figures",
        "graph_widget",
        "index_widget",
        "map",
        "media",
        "model",
        "projection",
        "session",
        "synced_traits",
        "truth",
    ),
    "commands": ("engines", "errors", "export", "model", "truth", "widget"),
    "exploration": ("embedders", "embedding", "engines", "widget"),
    "__init__": (
        "embedders",
        "embedding",
        "engines",
        "errors",
        "exploration",
        "figures",
        "faiss_version",
        "graph_widget",
        "model",
        "truth",
        "vector_files",
        "widget",
    ),
}

# From the messages up to the whole widget.
PAGE_ROOMS = {
    "protocol": (),
    "model": ("protocol",),
    "look": (),
    "state": ("look", "model", "protocol"),
    "controls": ("look", "model", "protocol", "state"),
    "views": ("controls", "look", "model", "protocol", "state"),
    "panels": ("controls", "look", "model", "protocol", "state", "views"),
    "explorer": ("look", "model", "panels", "protocol", "state"),
    "graph": ("controls", "look", "model", "panels", "protocol", "state", "views"),
    "widget": ("explorer", "protocol"),
    "graphWidget": ("graph", "protocol"),
    "page": ("protocol",),
    "savedPage": ("explorer", "page", "protocol"),
    "savedGraphPage": ("graph", "page", "protocol"),
}

IMPORTED = re.compile(
    r"""^\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?\s*["'](\.[^"']+)["']|\bimport\(\s*["'](\.[^"']+)["']""",
    re.MULTILINE,
)


def python_graph(package: Path) -> Graph:
    """Return the modules that each module imports, functions' own imports included."""
    modules = {}
    for path in package.rglob("*.py"):
        relative = path.relative_to(package).with_suffix("")
        folder = relative.parts[:-1] if relative.name == "__init__" and len(relative.parts) > 1 else None
        modules[".".join(folder or relative.parts)] = path
    return {name: frozenset(_python_imports(path, package, modules)) for name, path in modules.items()}


def _python_imports(path: Path, package: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            # What is imported from a package may be a module of it.
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            named = [each if each.partition(".")[2] in modules else node.module for each in inner]
        else:
            continue
        for name in named:
            if name == package.name:
                yield "__init__"
            elif name.startswith(f"{package.name}."):
                yield name.removeprefix(f"{package.name}.")


def page_graph(folder: Path) -> Graph:
    """Return the files that each file imports, types included."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.ts*")}
    graph = {}
    for name, path in files.items():
        targets = (first or second for first, second in IMPORTED.findall(path.read_text(encoding="utf-8")))
        joined = [posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) for target in targets]
        ends = ("", ".ts", ".tsx", "/index.ts", "/index.tsx")
        graph[name] = frozenset(
            next(stem + end for end in ends if stem + end in files)
            for stem in joined
            if not stem.endswith((".css", ".json"))
        )
    return graph


def room(name: str) -> str:
    """Return the room of a module or a file: its first folder, or itself."""
    return re.split(r"[./]", name, maxsplit=1)[0]


def upward(graph: Graph, rooms: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the imports between rooms that the rooms do not allow."""
    return sorted(
        f"{name} imports {other}"
        for name, others in graph.items()
        for other in others
        if room(other) != room(name) and room(other) not in rooms.get(room(name), ())
    )


def circle(graph: Graph) -> list[str]:
    """Return modules that import each other in turn, the first one again at the end."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


GRAPHS = {"python": (python_graph(PACKAGE), PYTHON_ROOMS), "page": (page_graph(PAGE), PAGE_ROOMS)}


@pytest.mark.parametrize("side", GRAPHS)
def test_rooms_import_downwards_only(side):
    graph, rooms = GRAPHS[side]
    assert {room(name) for name in graph} == set(rooms)
    assert "\n".join(upward(graph, rooms)) == ""


@pytest.mark.parametrize("side", GRAPHS)
def test_no_imports_go_round_in_a_circle(side):
    graph, _ = GRAPHS[side]
    assert " imported by ".join(circle(graph)) == ""


@pytest.mark.parametrize("rooms", [PYTHON_ROOMS, PAGE_ROOMS], ids=["python", "page"])
def test_the_rooms_themselves_have_an_order(rooms):
    assert circle({name: frozenset(below) for name, below in rooms.items()}) == []


def test_every_way_to_import_is_seen(tmp_path):
    package = tmp_path / "house"
    files = {
        "__init__.py": "from house.roof import Tile",
        "roof/__init__.py": "",
        "roof/tile.py": "def f():\n    from house.cellar import wine\n    import house.roof.gutter",
        "roof/gutter.py": "from house.cellar.wine import red\nimport os, house.roof",
        "cellar/__init__.py": "",
        "cellar/wine.py": "if TYPE_CHECKING:\n    from house import roof",
    }
    pages = {
        "a.ts": 'import { b } from "./b";\nimport type {\n  C,\n} from "./deep/c";\nimport "./style.css";',
        "b.tsx": 'export * from "./deep";\nconst later = () => import("./deep/c");',
        "deep/c.ts": 'import "../a";\nimport { signal } from "@preact/signals";',
        "deep/index.ts": "",
    }
    for name, text in (*files.items(), *pages.items()):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    assert python_graph(package) == {
        "__init__": {"roof"},
        "roof": set(),
        "roof.tile": {"cellar.wine", "roof.gutter"},
        "roof.gutter": {"cellar.wine", "roof"},
        "cellar": set(),
        "cellar.wine": {"roof"},
    }
    assert page_graph(package) == {
        "a.ts": {"b.tsx", "deep/c.ts"},
        "b.tsx": {"deep/index.ts", "deep/c.ts"},
        "deep/c.ts": {"a.ts"},
        "deep/index.ts": set(),
    }
    assert circle(page_graph(package))[0] in ("a.ts", "b.tsx", "deep/c.ts")
    assert upward(python_graph(package), {"__init__": ("roof",), "roof": ("cellar",)}) == [
        "cellar.wine imports roof"
    ]
