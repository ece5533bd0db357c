"""The files of a Milvus Lite database: its collections, and the segments that each manifest names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feder_widget.errors import IndexFileError

COLLECTIONS = "collections"
MANIFEST, SCHEMA = "manifest.json", "schema.json"

FORMATS = {"manifest_format_version": 2, "schema_format_version": 2}
"""The layouts that are known, of Milvus Lite 3.2."""

SQLITE = b"SQLite format 3\0"
"""What a database of Milvus Lite 2 begins with."""

DATA_FILE = re.compile(r"data/data_\d+_\d+\.parquet")
DELTA_FILE = re.compile(r"delta/delta_\d+_\d+\.parquet")

INT_KEYS = "int64"
VECTORS = "float_vector"


@dataclass(frozen=True, slots=True)
class IndexKind:
    """What a manifest says of the index of a field."""

    index_type: str
    metric: str


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """One segment: a Parquet file of rows that never changes."""

    partition: str
    name: str
    data: Path

    def index_file(self, field: str, kind: IndexKind) -> Path:
        """Return where the index of a field is, once it is built."""
        folder = self.data.parent.parent / "indexes"
        return folder / f"{self.name}.{field}.{kind.index_type.lower()}.idx"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection as its schema and its manifest tell it.

    Attributes
    ----------
    key : str
        Name of the primary key.
    int_keys : bool
        Whether keys are int64; they are text otherwise.
    fields : mapping of str to int
        Dimensions of each field of float vectors.
    indexes : mapping of str to IndexKind
        The index of each field that has one.
    deltas : tuple of Path
        Files of deleted keys.
    sequence : int
        The last operation that is in segments; later ones are in the log.
    """

    name: str
    folder: Path
    key: str
    int_keys: bool
    fields: Mapping[str, int]
    indexes: Mapping[str, IndexKind]
    segments: tuple[SegmentFiles, ...]
    deltas: tuple[Path, ...]
    sequence: int

    def logs(self, kind: str) -> list[Path]:
        """Return the files of operations that are in no segment yet; ``kind`` is "data" or "delta"."""
        return sorted((self.folder / "wal").glob(f"wal_{kind}_*.arrow"))


def is_database(path: Path) -> bool:
    """Return whether a path leads to a database of Milvus Lite 3."""
    return path.is_dir() and (path / COLLECTIONS).is_dir()


def check_database(path: Path) -> None:
    """Raise if a path is no database that can be read here.

    Raises
    ------
    OSError
        That names the path.
    """
    if is_database(path):
        return
    if not path.exists():
        raise FileNotFoundError(f"source must be a database of Milvus Lite, and {path} does not exist")
    if path.is_file():
        with path.open("rb") as file:
            old = file.read(len(SQLITE)) == SQLITE
        if old:
            raise IndexFileError(
                f"{path} looks like a database of Milvus Lite 2, in one file; only those of Milvus Lite 3, "
                "which are folders, can be read"
            )
    raise IndexFileError(
        f"{path} is no database of Milvus Lite, which is a folder with a folder {COLLECTIONS!r} in it; "
        "collection, field and segment choose in one"
    )


def collection_names(path: Path) -> list[str]:
    """Return the names of the collections in the default database, sorted."""
    return sorted(folder.parent.name for folder in (path / COLLECTIONS).glob(f"*/{SCHEMA}"))


def read_collection(path: Path, name: str) -> Collection:
    """Read what a collection consists of.

    Raises
    ------
    OSError
        If a file is missing, unreadable, damaged, or of a layout that is not known, with its path.
    """
    folder = path / COLLECTIONS / name
    schema, manifest = _read(folder / SCHEMA), _read(folder / MANIFEST)
    try:
        keys = [field for field in schema["fields"] if field["is_primary"]]
        partitions = manifest["partitions"]
        return Collection(
            name=name,
            folder=folder,
            key=str(keys[0]["name"]),
            int_keys=keys[0]["dtype"] == INT_KEYS,
            fields={
                field["name"]: int(field["dim"]) for field in schema["fields"] if field["dtype"] == VECTORS
            },
            indexes={
                field: IndexKind(str(kind["index_type"]).upper(), str(kind["metric_type"]).upper())
                for field, kind in manifest["index_specs"].items()
            },
            segments=tuple(
                SegmentFiles(partition, Path(file).stem, _inside(folder, partition, file, DATA_FILE))
                for partition, files in partitions.items()
                for file in files["data_files"]
            ),
            deltas=tuple(
                _inside(folder, partition, file, DELTA_FILE)
                for partition, files in partitions.items()
                for file in files["delta_files"]
            ),
            sequence=int(manifest["current_seq"]),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        raise IndexFileError(
            f"{folder} is no readable collection of Milvus Lite: its {SCHEMA} and {MANIFEST} do not say what "
            f"they must ({type(error).__name__}: {error})"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    """Read a file of JSON whose layout is known."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise IndexFileError(f"{path} is damaged: it is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise IndexFileError(f"{path} is damaged: it must hold an object, got {type(found).__name__}")
    for name, known in FORMATS.items():
        if found.get(name, known) != known:
            raise IndexFileError(
                f"{path} has {name} {found[name]!r}, and {known} is known here, of Milvus Lite 3.2"
            )
    return found


def _inside(folder: Path, partition: str, file: str, names: re.Pattern[str]) -> Path:
    """Return a file that a manifest names, which must not lead elsewhere."""
    if not names.fullmatch(file) or partition in ("", ".", "..") or "/" in partition or "\\" in partition:
        raise ValueError(f"it names a file {file!r} of partition {partition!r}")
    return folder / "partitions" / partition / file
