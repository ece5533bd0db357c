"""Texts → marks: long ones by a digest, and paths of weights with what tells that a file has changed."""

from __future__ import annotations

import hashlib
import os

WHOLE_CHARACTERS = 1000
"""Characters up to which a text is its own mark."""

_ENDINGS = (
    *(".bin", ".ckpt", ".h5", ".joblib", ".json", ".keras", ".npy", ".npz", ".onnx", ".pb", ".pickle"),
    *(".pkl", ".pt", ".pt2", ".pth", ".safetensors", ".tflite", ".toml", ".yaml", ".yml"),
)
"""Endings of files that hold weights and settings. Others may be logs, which grow."""


def text_mark(text: str | bytes | bytearray) -> str:
    """Return what differs where two texts do, or where a file of weights has changed that one names."""
    if len(text) > WHOLE_CHARACTERS:
        encoded = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return hashlib.blake2b(encoded, digest_size=16).hexdigest()
    return f"{text!r}{_file_mark(text)}" if isinstance(text, str) else repr(text)


def _file_mark(text: str) -> str:
    if not text.lower().endswith(_ENDINGS):
        return ""
    try:
        status = os.stat(text)  # noqa: PTH116  (a path may begin with ~ or be no path at all)
    except (OSError, ValueError):
        return ""
    return f" {status.st_size} {status.st_mtime_ns}"
