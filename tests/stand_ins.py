"""Objects that behave as those of other libraries do, for tests that need no such library."""

from __future__ import annotations

import numpy as np


class Tensor:
    """A torch tensor: refuses NumPy while it requires grad, is on a device, or is bfloat16."""

    def __init__(self, values, *, requires_grad=False, device="cpu", dtype=None):
        self._values = np.asarray(values)
        self.requires_grad = requires_grad
        self.device = device
        self.dtype = dtype or f"torch.{self._values.dtype}"

    @property
    def shape(self):
        return self._values.shape

    @property
    def ndim(self):
        return self._values.ndim

    def __len__(self):
        return len(self._values)

    def __getitem__(self, place):
        return self._like(self._values[place])

    def _like(self, values, **changes):
        facts = {"requires_grad": self.requires_grad, "device": self.device, "dtype": self.dtype}
        return Tensor(values, **{**facts, **changes})

    def item(self):
        return self.numpy().item()

    def detach(self):
        return self._like(self._values, requires_grad=False)

    def cpu(self):
        return self._like(self._values, device="cpu")

    def float(self):
        return self._like(self._values.astype(np.float32), dtype="torch.float32")

    def numpy(self):
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy()")
        if self.device != "cpu":
            raise TypeError(f"can't convert {self.device} device type tensor to numpy")
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._values

    def __array__(self, dtype=None, copy=None):
        return self.numpy() if dtype is None else self.numpy().astype(dtype)


class EagerTensor:
    """A TensorFlow or JAX array: no ``detach``, but ``__array__``."""

    def __init__(self, values):
        self._values = np.asarray(values)
        self.shape, self.dtype = self._values.shape, self._values.dtype

    def __len__(self):
        return len(self._values)

    def __getitem__(self, place):
        return EagerTensor(self._values[place])

    def __array__(self, dtype=None, copy=None):
        return self._values if dtype is None else self._values.astype(dtype)


class CupyArray:
    """A CuPy array: ``__array__`` refuses, ``get`` copies it from the device."""

    __cuda_array_interface__ = {}  # noqa: RUF012

    def __init__(self, values):
        self._values = np.asarray(values)

    def get(self):
        return self._values

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")


class Column:
    """A column of a Hugging Face ``Dataset``: a lazy sequence of lists."""

    def __init__(self, values):
        self._values = [list(map(float, row)) for row in values]

    def __len__(self):
        return len(self._values)

    def __getitem__(self, place):
        return self._values[place]

    def __iter__(self):
        return iter(self._values)
