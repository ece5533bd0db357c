"""``python -m scripts.voc_like <folder>``: a small folder with the layout of VOC 2012, for tests.

Its photographs are pieces of the two that ship with scikit-learn.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

COUNT = 600
HEIGHT, WIDTH = 75, 100


def make(folder: Path) -> Path:
    """Write the photographs below ``folder/JPEGImages`` and return ``folder``."""
    from sklearn.datasets import load_sample_images

    photographs = load_sample_images().images
    rng = np.random.default_rng(2012)
    pictures = folder / "JPEGImages"
    pictures.mkdir(parents=True, exist_ok=True)
    for number in range(COUNT):
        photograph = photographs[number % len(photographs)]
        top = rng.integers(photograph.shape[0] - HEIGHT)
        left = rng.integers(photograph.shape[1] - WIDTH)
        piece = photograph[top : top + HEIGHT, left : left + WIDTH]
        Image.fromarray(piece).save(pictures / f"2007_{number:06}.jpg", quality=90)
    return folder


if __name__ == "__main__":
    make(Path(sys.argv[1]))
