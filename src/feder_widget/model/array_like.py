"""What people hold numbers in → a NumPy array: tensors, columns, lists of arrays, memory maps.

An object is told apart by what it does, so that no framework is imported.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def is_tensor(value: object) -> bool:
    """Return whether a value is a tensor as torch has them: on a device, perhaps part of a graph."""
    return not isinstance(value, type) and all(
        hasattr(value, name) for name in ("detach", "cpu", "numpy", "shape", "dtype")
    )


def is_data_set(value: object) -> bool:
    """Return whether a value is a whole Hugging Face data set: a table whose rows are dicts."""
    return not isinstance(value, type) and hasattr(value, "column_names") and hasattr(value, "features")


def as_array(value: Any, name: str) -> npt.NDArray[Any]:
    """Return a value as a NumPy array, without a copy where it is one already.

    Parameters
    ----------
    value : array_like
        A NumPy array or memory map; a torch tensor, also one that requires grad, is on a device or has half
        precision; any object with ``__array__`` (TensorFlow, JAX, pandas, polars, pyarrow); a CuPy array; a
        column whose entries are arrays of one length; a list of any of these.
    name : str
        Name of the argument, for messages.

    Returns
    -------
    ndarray
        Of numbers, except where the value holds something else: text, objects, nothing. bfloat16 and other
        types that NumPy does not have become float32.

    Raises
    ------
    TypeError
        If it is no array, or its framework refuses to convert it, with the argument and a remedy.
    ValueError
        If rows differ in length, or masked entries have no value.
    """
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return value
    if isinstance(value, (set, frozenset, dict, str, bytes)) or hasattr(value, "__next__"):
        raise TypeError(f"{name} must be an array of real numbers, got {_kind(value)}{_remedy(value)}")
    if is_data_set(value):
        raise TypeError(
            f"{name} must be an array of real numbers, got {_kind(value)}; pass {name}=dataset[column]"
        )
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        raise TypeError(f"{name} must be a dense array, got {_kind(value)}; pass {name}.toarray()")
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(f"{name} must have no masked entries; pass {name}.filled(...)")
    if isinstance(value, (list, tuple)) and any(_is_converted_alone(one) for one in value[:1]):
        return _stacked([as_array(one, name) for one in value], name)
    array = _as_numpy(value, name)
    if array.dtype == object:
        return _from_objects(array, name)
    return array.astype(np.float32) if _is_foreign_number(array.dtype) else array


def _as_numpy(value: Any, name: str) -> npt.NDArray[Any]:
    try:
        if is_tensor(value):
            return _from_tensor(value)
        if hasattr(value, "__cuda_array_interface__") and hasattr(value, "get"):
            value = value.get()
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be an array whose rows have one length: {error}") from error
    except Exception as error:  # a framework may raise anything
        raise TypeError(
            f"{name} must be an array that NumPy can read, got {_kind(value)} ({error}); "
            f"pass it as a NumPy array"
        ) from error


def _from_tensor(tensor: Any) -> npt.NDArray[Any]:
    held = tensor.detach().cpu()
    try:
        return np.asarray(held.numpy())
    except TypeError:
        # NumPy has no bfloat16.
        return np.asarray(held.float().numpy())


def _from_objects(array: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    """Return an array of objects as numbers where each object is a row, or a number."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 0 or array.size == 0:
        return array
    if array.ndim == 1 and all(
        hasattr(one, "__len__") and not isinstance(one, (str, bytes)) for one in array
    ):
        return _stacked([one if _is_row(one) else as_array(one, name) for one in array], name)
    missing = sum(_is_missing(one) for one in array.ravel())
    if 0 < missing < array.size:
        raise ValueError(f"{name} must have a value in every row, got {missing:,} missing ones")
    try:
        return array.astype(np.float64) if all(_is_number(one) for one in array.flat) else array
    except (TypeError, ValueError):
        return array


def _stacked(rows: list[npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    shapes = {row.shape for row in rows}
    if len(shapes) > 1:
        first = rows[0].shape
        place = next(i for i, row in enumerate(rows) if row.shape != first)
        raise ValueError(
            f"{name} must have rows of one length, got shape {first} in row 0 and {rows[place].shape} in "
            f"row {place}"
        )
    return np.stack(rows)


def _is_converted_alone(value: object) -> bool:
    """Return whether ``np.asarray`` of a list would not convert such an item, or only slowly."""
    return is_tensor(value) or (
        hasattr(value, "__array__") and not isinstance(value, (np.ndarray, np.generic))
    )


def _is_row(value: object) -> bool:
    return type(value) is np.ndarray and value.dtype.kind in "iuf"


def _is_foreign_number(dtype: np.dtype[Any]) -> bool:
    """Return whether a type is one of the small floats that JAX and TensorFlow add to NumPy."""
    return dtype.kind not in "biufcmMOSUT" and dtype.names is None and "float" in dtype.name


def _is_missing(value: object) -> bool:
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _kind(value: object) -> str:
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def _remedy(value: object) -> str:
    if hasattr(value, "__next__"):
        return "; pass a list of its items"
    return "; pass its values as a list or an array" if isinstance(value, dict) else ""
