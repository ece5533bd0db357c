"""A JPEG of 12 megapixels dropped on the widget: from the drop to its results, beside the embedder's time.

In a real JupyterLab, on tiles of scikit-learn's photographs, with the descriptor of colours and edges. The
drop's own reading of the file, scaling and encoding on the page are in the time.
"""

from __future__ import annotations

import argparse
import base64
import io
import statistics
from collections.abc import Sequence

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from benchmarks.page import spread
from scripts.lab import chromium, jupyterlab, open_notebook

PREPARE = """
import time
import numpy as np
from sklearn.datasets import load_sample_images
import feder_widget as fw

temple, flower = load_sample_images().images
windows = [np.lib.stride_tricks.sliding_window_view(one, (64, 64, 3))[::8, ::8] for one in (temple, flower)]
tiles = np.concatenate([one.reshape(-1, 64, 64, 3) for one in windows])
descriptor = fw.embedders.colours_and_edges()
taken = []
def embed(images):
    begun = time.perf_counter()
    found = descriptor.images(images)
    taken.append(time.perf_counter() - begun)
    return found
vectors = fw.embed(list(tiles), descriptor, cache=False)
index = fw.build_index(vectors, explain=False)
"""

DISPLAY = "w = fw.FederWidget(index, images=tiles, embed=embed, k=12)\nw"

DROP = """async text => {
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], 'photograph.jpg', { type: 'image/jpeg' }));
  const root = document.querySelector('.feder-widget');
  performance.clearMarks('feder:results');
  const event = { bubbles: true, cancelable: true, dataTransfer: data };
  const start = performance.now();
  for (const each of ['dragenter', 'dragover', 'drop']) root.dispatchEvent(new DragEvent(each, event));
  for (;;) {
    await new Promise(requestAnimationFrame);
    const mark = performance.getEntriesByName('feder:results').at(-1);
    if (mark && root.dataset.query === '') return mark.startTime - start;
  }
}"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drops", type=int, default=10)
    options = parser.parse_args(argv)
    with (
        jupyterlab() as server,
        chromium() as browser,
        open_notebook(server, browser, [PREPARE, DISPLAY], timeout=600) as lab,
    ):
        lab.wait_attribute("data-map", "final")
        photograph = large_photograph()
        text = base64.b64encode(photograph).decode("ascii")
        times = []
        for number in range(options.drops):
            lab.kernel(f"w.search({number})")
            lab.wait_attribute("data-query", str(number))
            times.append(lab.page.evaluate(DROP, text))
        embedding = 1000 * statistics.median(lab.kernel_json("taken"))
        print(f"a JPEG of 4,000 x 3,000, {len(photograph) / 1e6:.1f} MB")
        print(f"  drop to results drawn {spread(times)}   (aim 1,000 beside the embedder)")
        print(f"  of it the embedder    median {embedding:7.1f} ms")
    return 0


def large_photograph() -> bytes:
    """Return a JPEG of 12 megapixels with the grain of a camera."""
    flower = Image.fromarray(load_sample_images().images[1]).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).integers(-12, 13, (3000, 4000, 3))
    encoded = io.BytesIO()
    pixels = np.clip(np.asarray(flower) + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(encoded, "JPEG", quality=90)
    return encoded.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
