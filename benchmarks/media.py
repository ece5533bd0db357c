"""Milliseconds per thumbnail, by kind of image."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from feder_widget.media import IdRange, Media

SMALL = 200
PHOTOS = 4


def photo(width: int, height: int) -> Image.Image:
    """Return an image as smooth and as grainy as a photograph."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (height // 50, width // 50, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.int16)
    grain = rng.integers(-6, 7, (height, width, 1), dtype=np.int16)
    return Image.fromarray((smooth + grain).clip(0, 255).astype(np.uint8))


def milliseconds(images: object, count: int, size: int, repeat: int) -> float:
    """Return the best of `repeat` runs over `count` images, each without a cache, per image."""
    media = Media(images, None, IdRange(count, lambda: count - 1), cache_bytes=0)
    media.thumbnails([0], size)
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        thumbnails = media.thumbnails(range(count), size)
        best = min(best, time.perf_counter() - start)
        failed = [thumbnail.reason for thumbnail in thumbnails if thumbnail.reason]
        if failed:
            raise RuntimeError(failed[0])
    return 1000 * best / count


def main(argv: Sequence[str] | None = None) -> dict[str, float]:
    """Print and return the milliseconds per thumbnail of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeat = parser.parse_args(argv).repeat
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (SMALL, 32, 32, 3), dtype=np.uint8)
    vectors = rng.standard_normal((SMALL, 512)).astype(np.float32)
    result: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("png", "jpg"):
            paths = [Path(folder) / f"{row}.{suffix}" for row in range(SMALL)]
            for path, image in zip(paths, pixels, strict=True):
                Image.fromarray(image).save(path)
            result[f"32 by 32 {suffix} file, at 64"] = milliseconds(paths, SMALL, 64, repeat)
        large = Path(folder) / "photo.jpg"
        photo(4000, 3000).save(large, quality=90)
        for size in (128, 1024):
            result[f"12-megapixel JPEG, at {size}"] = milliseconds([large] * PHOTOS, PHOTOS, size, repeat)
    result["32 by 32 uint8 array, at 64"] = milliseconds(pixels, SMALL, 64, repeat)
    result["32 by 32 float array, at 64"] = milliseconds(pixels / 255, SMALL, 64, repeat)
    wide = np.broadcast_to(np.asarray(photo(600, 400)), (SMALL // 4, 400, 600, 3))
    result["600 by 400 uint8 array, at 128"] = milliseconds(wide, SMALL // 4, 128, repeat)
    drawn = Media(None, None, IdRange(SMALL, lambda: 0), cache_bytes=0)
    start = time.perf_counter()
    drawn.thumbnails(range(SMALL), 128, vectors=dict(enumerate(vectors)))
    result["vector of 512 components, at 128"] = 1000 * (time.perf_counter() - start) / SMALL
    kept = Media(pixels, None, IdRange(SMALL, lambda: 0))
    kept.thumbnails(range(SMALL), 64)
    start = time.perf_counter()
    kept.thumbnails(range(SMALL), 64)
    result["from the cache"] = 1000 * (time.perf_counter() - start) / SMALL
    print("thumbnails, ms each (one thread)")
    for name, value in result.items():
        print(f"  {name:<36}{value:9.3f}")
    return result


if __name__ == "__main__":
    main()
