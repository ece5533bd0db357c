"""Arrays and tensors → texts that differ where they do: small ones whole, large ones by samples."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

WHOLE_BYTES = 16 << 20
"""Bytes of a NumPy array up to which all its values count."""

WHOLE_VALUES = 4096
"""Values of a tensor up to which all count. Each may have to come from a device."""

SAMPLED_VALUES = 256
"""Values that stand for a larger one: training changes all of them."""


def is_tensor(value: object) -> bool:
    """Return whether a value is a tensor of torch, to those who look."""
    kind = type(value)
    return hasattr(kind, "detach") and hasattr(kind, "reshape")


def is_array(value: object) -> bool:
    """Return whether a value is an array of another library than NumPy."""
    kind = type(value)
    return all(hasattr(kind, name) for name in ("__array__", "dtype", "shape"))


def tensor_mark(tensor: Any) -> str:
    """Return the mark of a tensor of torch."""
    flat = tensor.detach().reshape(-1)
    step = 1 if len(flat) <= WHOLE_VALUES else max(1, len(flat) // SAMPLED_VALUES)
    return f"={tuple(tensor.shape)} {flat[::step].cpu().tolist()}"


def array_mark(array: NDArray[Any]) -> str:
    """Return the mark of an array whose values are no objects."""
    if array.nbytes > WHOLE_BYTES:
        array_step = max(1, array.size // (16 * SAMPLED_VALUES))
        values = array.flat[::array_step]
    else:
        values = np.ascontiguousarray(array)
    digest = hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()
    return f"={array.dtype.str} {array.shape} {digest}"
