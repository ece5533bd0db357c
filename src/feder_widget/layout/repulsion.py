"""The repulsion between all points in t-SNE."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from feder_widget.layout.arrays import Complex64Array

EXACT_POINTS = 256
"""Most points for which the sum over all pairs is cheaper than the grid."""

SPACING = 0.4
"""Grid spacing in the unit of the kernel 1 / (1 + r²).

Cubic interpolation then errs by 1 to 5 % of the force. A finer grid takes longer and keeps hardly more
neighbours.
"""

MAX_SIDE = 800
"""Most nodes along the longer side; a wider layout gets a coarser grid instead of a slower one."""

STENCIL = 4


def repulsion(positions: Complex64Array) -> tuple[Complex64Array, float]:
    """Sum the repulsion of all points on each.

    Parameters
    ----------
    positions : (n,) complex64
        x + iy.

    Returns
    -------
    push : (n,) complex64
        Σ_j (y_i - y_j) / (1 + |y_i - y_j|²)²
    total : float
        Σ_{i≠j} 1 / (1 + |y_i - y_j|²), the normaliser of t-SNE's q.
    """
    return all_pairs(positions) if len(positions) <= EXACT_POINTS else on_grid(positions)


def all_pairs(positions: Complex64Array) -> tuple[Complex64Array, float]:
    """Sum over all n² pairs; see `repulsion`."""
    apart = positions[:, None] - positions[None, :]
    kernel = 1 / (1 + apart.real**2 + apart.imag**2)
    return (apart * kernel**2).sum(axis=1), float(kernel.sum(dtype=np.float64) - len(positions))


def on_grid(positions: Complex64Array) -> tuple[Complex64Array, float]:
    """Sum on a grid, where the sum over all pairs is a convolution; see `repulsion`.

    Linderman, Rachh, Hoskins, Steinerberger & Kluger 2019 ("Fast interpolation-based t-SNE"), but with the
    kernel of the force instead of its three parts, and Parseval's theorem for the total.
    """
    n = len(positions)
    x, y = positions.real, positions.imag
    left, bottom = float(x.min()), float(y.min())
    width, height = float(x.max()) - left, float(y.max()) - bottom
    spacing = max(SPACING, max(width, height) / (MAX_SIDE - STENCIL))
    columns, rows = _fast_size(width / spacing + STENCIL), _fast_size(height / spacing + STENCIL)

    column, across = _stencil((x - np.float32(left)) / np.float32(spacing))
    row, up = _stencil((y - np.float32(bottom)) / np.float32(spacing))
    nodes = ((row[:, None] + np.arange(STENCIL)) * columns)[:, :, None] + (
        column[:, None] + np.arange(STENCIL)
    )[:, None, :]
    nodes = nodes.reshape(n, -1)
    shares = (up[:, :, None] * across[:, None, :]).reshape(n, -1)

    density = np.bincount(nodes.ravel(), weights=shares.ravel(), minlength=rows * columns)
    padded = (2 * rows, 2 * columns)
    spectrum = np.fft.rfft2(density.reshape(rows, columns).astype(np.float32), padded)
    potential, push_x, push_y = _kernels(rows, columns, spacing)
    field = np.empty((rows, columns), np.complex64)
    field.real = np.fft.irfft2(spectrum * push_x, padded)[:rows, :columns]
    field.imag = np.fft.irfft2(spectrum * push_y, padded)[:rows, :columns]
    push = np.einsum("ij,ij->i", field.ravel()[nodes], shares)

    # A real transform stores half the plane: each column but the first and last counts twice.
    power = (spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2) * potential
    total = 2 * power.sum() - power[:, 0].sum() - power[:, -1].sum()
    return push, float(total / (padded[0] * padded[1]) - n)


def _stencil(places: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Return the first of the four nodes around each place, (n,), and the cubic Lagrange weights, (n, 4)."""
    first = places.astype(np.intp)
    t = places - first
    weights = np.empty((len(places), STENCIL), np.float32)
    weights[:, 0] = -t * (t - 1) * (t - 2) / 6
    weights[:, 1] = (t + 1) * (t - 1) * (t - 2) / 2
    weights[:, 2] = -(t + 1) * t * (t - 2) / 2
    weights[:, 3] = (t + 1) * t * (t - 1) / 6
    return first, weights


@lru_cache(maxsize=4)
def _kernels(
    rows: int, columns: int, spacing: float
) -> tuple[npt.NDArray[np.float32], Complex64Array, Complex64Array]:
    """Return the spectra of 1 / (1 + r²), which is real, and of x / (1 + r²)² and y / (1 + r²)²."""
    down = np.fft.fftfreq(2 * rows, 1 / (2 * rows))[:, None] * spacing
    right = np.fft.fftfreq(2 * columns, 1 / (2 * columns))[None, :] * spacing
    kernel = 1 / (1 + down**2 + right**2)
    return (
        np.fft.rfft2(kernel).real.astype(np.float32),
        np.fft.rfft2(right * kernel**2).astype(np.complex64),
        np.fft.rfft2(down * kernel**2).astype(np.complex64),
    )


def forget_kernels() -> None:
    """Free the spectra shared by the iterations of one layout: up to 20 MB each."""
    _kernels.cache_clear()


def _fast_size(least: float) -> int:
    """Return a grid side above `least` with a fast transform, one of few, so that kernels are reused."""
    size = 16
    while size <= least:
        size += max(4, 2 ** (size.bit_length() - 4))
    return size
