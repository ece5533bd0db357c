"""Vectors kept on disk, so that nothing is embedded twice: one SQLite file for each embedder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from platformdirs import user_cache_path

VERSION = 1
"""Part of every key: it grows when pictures are decoded in another way."""

WRITE_APART = 1.0
"""Seconds between two writes. Vectors embedded since the last one are lost when the process is killed."""

BUSY_SECONDS = 30.0
MOST_ASKED = 500
SAMPLED_WIDTHS = 100
"""Stored vectors whose lengths tell the width of all."""

Vectors = NDArray[np.float32]


def file_key(path: Path) -> bytes | None:
    """Return the key of a file by its path, size and time of change; None where there is none."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    text = f"{VERSION}\0{os.path.abspath(path)}\0{status.st_size}\0{status.st_mtime_ns}"  # noqa: PTH100  (links stay)
    return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()


def pixel_key(image: Image.Image) -> bytes:
    """Return the key of a picture that is no file by its pixels."""
    key = hashlib.blake2b(f"{VERSION}\0{image.mode}\0{image.size}".encode(), digest_size=16)
    key.update(image.tobytes())
    return key.digest()


def cache_folder(cache: object) -> Path | None:
    """Return the folder that ``cache=`` names: None for none, and the platform's for None or True.

    Raises
    ------
    TypeError
        If it is neither a path nor a bool.
    ValueError
        If it is an empty text, which would stand for the working directory.
    """
    if cache is False:
        return None
    if cache is None or cache is True:
        return user_cache_path("feder_widget", appauthor=False) / "embeddings"
    if cache == "":
        raise ValueError("cache must be a folder, got ''; pass False for no cache, '.' for this folder")
    if isinstance(cache, (str, os.PathLike)):
        return Path(os.fsdecode(cache)).expanduser()
    raise TypeError(f"cache must be a folder, True, False or None, got {cache!r}")


class VectorCache:
    """The kept vectors of one embedder, by the keys of pictures. Used by one thread.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    name : str
        The embedder's.

    Attributes
    ----------
    width : int or None
        Numbers in a vector; None while there is none. It is noted beside the vectors, so that damaged ones
        do not pass for it.
    is_width_noted : bool
        Whether it is; files of earlier versions have no note.

    Raises
    ------
    OSError
        If the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._is_broken = False
        # Written together: a transaction during a slow batch would keep other processes waiting.
        self._unwritten: dict[bytes, Vectors] = {}
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f"cache must be a folder, got {str(folder)!r}, which is a file")
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{_file_stem(name)}.sqlite"
        try:
            with self._beginning_anew():
                self._open()
        except sqlite3.Error as error:
            raise OSError(f"the cache {self._path} cannot be used: {error}") from error

    @contextlib.contextmanager
    def _beginning_anew(self) -> Iterator[None]:
        """Put an empty file in place of a damaged one."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            # Its subclasses stand for anything else: a lock, a full disk.
            if type(error) is not sqlite3.DatabaseError:
                raise
            warnings.warn(f"the cache {self._path} was damaged and is begun anew", stacklevel=4)
            self._connection.close()
            self._path.unlink()
            self._open()

    def _open(self) -> None:
        self._connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS)
        try:
            with self._connection as connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (picture BLOB PRIMARY KEY, vector BLOB NOT NULL)"
                )
                connection.execute("CREATE TABLE IF NOT EXISTS width (numbers INTEGER NOT NULL)")
            self._written = time.monotonic()
            noted = self._noted_width()
            self.is_width_noted = noted is not None
            self.width = noted or self._stored_width()
        except sqlite3.DatabaseError:
            self._connection.close()
            raise

    def _noted_width(self) -> int | None:
        row = self._connection.execute("SELECT numbers FROM width").fetchone()
        return row[0] if row and isinstance(row[0], int) and row[0] > 0 else None

    def _stored_width(self) -> int | None:
        """Return the width of most vectors: the file may hold damaged ones, or those of two embedders."""
        sizes = Counter(
            size
            for (size,) in self._connection.execute(
                "SELECT length(vector) FROM vectors LIMIT ?", (SAMPLED_WIDTHS,)
            )
            if size > 0 and size % 4 == 0
        )
        return sizes.most_common(1)[0][0] // 4 if sizes else None

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Vectors]:
        """Return the vectors, float32 (width,), of those keys that are kept. Others are left out."""
        wanted = list(keys)
        found = {key: self._unwritten[key] for key in wanted if key in self._unwritten}
        if self._is_broken or self.width is None:
            return found
        for start in range(0, len(wanted), MOST_ASKED):
            some = wanted[start : start + MOST_ASKED]
            marks = ",".join("?" * len(some))
            with self._surviving():
                rows = self._connection.execute(
                    f"SELECT picture, vector FROM vectors WHERE picture IN ({marks})", some
                )
                found.update(
                    (key, np.frombuffer(vector, np.float32))
                    for key, vector in rows
                    if isinstance(vector, bytes) and len(vector) == 4 * self.width
                )
        return found

    def put(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors, float32 (n, width)."""
        self.width = vectors.shape[1]
        if self._is_broken:
            return
        self._unwritten.update(zip(keys, vectors, strict=True))
        if time.monotonic() - self._written > WRITE_APART:
            self._write()

    def _write(self) -> None:
        if self._unwritten and not self._is_broken:
            with self._surviving(), self._connection as connection:
                connection.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    ((key, vector.tobytes()) for key, vector in self._unwritten.items()),
                )
                if not self.is_width_noted:
                    connection.execute("DELETE FROM width")
                    width = len(next(iter(self._unwritten.values())))
                    connection.execute("INSERT INTO width VALUES (?)", (width,))
                    self.is_width_noted = True
        self._unwritten.clear()
        self._written = time.monotonic()

    @contextlib.contextmanager
    def _surviving(self) -> Iterator[None]:
        """Go on with an empty file where this one is damaged, and without one where that fails too."""
        try:
            with self._beginning_anew():
                yield
        except (sqlite3.Error, OSError) as error:
            self._is_broken = True
            warnings.warn(f"the cache {self._path} failed and is used no more: {error}", stacklevel=3)

    def clear(self) -> None:
        """Forget all vectors, also those of a damaged file."""
        self._unwritten.clear()
        with self._surviving(), self._connection as connection:
            connection.execute("DELETE FROM vectors")
            connection.execute("DELETE FROM width")
        self.width, self.is_width_noted = None, False

    def close(self) -> None:
        """Write the vectors that are left and close the file."""
        self._write()
        self._connection.close()


def _file_stem(name: str) -> str:
    """Return a file name that tells embedders apart, and that a person can read."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:60]
    return f"{readable}-{digest}"
