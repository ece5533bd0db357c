"""The examples of the documentation: a widget that shows one thing, and the numbers that its page says.

Each function chooses its query by computation and checks what the page claims, so that no sentence of the
documentation depends on a number that somebody typed. `scripts.live_pages` writes them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import faiss
import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

import feder_widget as fw

SIDE, STEP = 64, 8
FIELDS = 8
K = 12
SEED = 0
SAMPLE = 300
"""Rows among which a query is chosen."""

NUMBERS = (
    *("none", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)

Facts = dict[str, str]


@dataclass(frozen=True)
class Example:
    """A live page.

    Attributes
    ----------
    widget : FederWidget
        After its search.
    title : str
        Its heading.
    facts : dict of str to str
        The numbers that the text beside it names.
    hardest : int
        Hardest queries that the page answers besides.
    page_bytes : int
        The page at most.
    """

    widget: fw.FederWidget
    title: str
    facts: Facts
    hardest: int = 0
    page_bytes: int = 1_300_000


EXAMPLES: dict[str, Callable[[], Example]] = {}
"""By the name of the page."""


class FalseClaimError(AssertionError):
    """An example does not show what its page says."""


def example(make: Callable[[], Example]) -> Callable[[], Example]:
    EXAMPLES[make.__name__.replace("_", "-")] = make
    return make


def require(claim: bool, words: str) -> None:
    if not claim:
        raise FalseClaimError(words)


def percent(share: float) -> str:
    """Return a share in words; 100 % only where it is."""
    text = f"{100 * share:.1f}".removesuffix(".0")
    return "99.9 %" if text == "100" and share < 1 else f"{text} %"


def times(count: int) -> str:
    """Return a small number as a word."""
    return NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"


# Data.


@cache
def tiles() -> np.ndarray:
    """Return 6,716 tiles of the two photographs that come with scikit-learn."""
    windows = [
        np.lib.stride_tricks.sliding_window_view(photograph, (SIDE, SIDE, 3))
        for photograph in load_sample_images().images
    ]
    return np.concatenate([found[::STEP, ::STEP].reshape(-1, SIDE, SIDE, 3) for found in windows])


@cache
def photograph_of_tiles() -> np.ndarray:
    return np.repeat(["temple", "flower"], len(tiles()) // 2)


def mean_colours(pictures: np.ndarray) -> np.ndarray:
    """Return the mean colours of 64 fields: float32 (n, 192)."""
    side = SIDE // FIELDS
    cut = pictures.reshape(-1, FIELDS, side, FIELDS, side, 3)
    return cut.mean(axis=(2, 4)).reshape(len(pictures), -1).astype(np.float32) / 255


@cache
def vectors() -> np.ndarray:
    return mean_colours(tiles())


def index_of(
    factory: str, metric: int = faiss.METRIC_L2, *, trained_on: np.ndarray | None = None, stored: Any = None
) -> Any:
    held = vectors() if stored is None else stored
    index = faiss.index_factory(held.shape[1], factory, metric)
    index.train(held if trained_on is None else trained_on)
    index.add(held)
    return index


@cache
def flat() -> fw.IvfIndex:
    return fw.open_index(index_of("IVF64,Flat"))


@cache
def coded() -> fw.IvfIndex:
    return fw.open_index(index_of("IVF64,PQ8x6"), vectors=vectors())


def shown(index: fw.IvfIndex, row: Any, **options: Any) -> fw.FederWidget:
    """Return a widget of tiles after its search."""
    chosen = {"images": tiles(), "labels": photograph_of_tiles(), "k": K, **options}
    widget = fw.FederWidget(index, **chosen)
    widget.search(row)
    return widget


def common(widget: fw.FederWidget) -> Facts:
    """Return the facts of every search."""
    found = widget.report()
    neighbours = found.neighbours or []
    return {
        "row": str(widget.query) if isinstance(widget.query, int) else "",
        "k": str(widget.k),
        "nprobe": str(widget.nprobe),
        "nlist": str(widget.index.nlist),
        "vectors": f"{widget.index.ntotal:,}",
        "came_back": times(len(neighbours) - len(found.missed)),
        "missed": times(len(found.missed)),
        "recall": percent(1 - len(found.missed) / max(1, len(neighbours))),
    }


def sample() -> np.ndarray:
    return np.sort(np.random.default_rng(SEED).choice(len(tiles()), SAMPLE, replace=False))


# Questions.


@example
def why_missed() -> Example:
    nprobe = 2
    workload = flat().evaluate(SAMPLE, K, progress=False)
    row = int(workload.ids[workload.hardest(1, nprobe=nprobe)[0]])
    widget = shown(flat(), row, nprobe=nprobe)
    explanation = flat().explain(row, K)
    missed = np.flatnonzero(explanation.ranks > nprobe)
    require(len(missed) > 1, "the hardest query misses several")
    require(explanation.nprobe_needed <= flat().nlist, "some nprobe finds all")
    first = missed[0]
    results = widget.trace().distances
    require(bool(explanation.distances[first] < results[-1]), "a missed row is nearer than a result")
    return Example(
        widget,
        "Why was it missed?",
        {
            **common(widget),
            "missed_row": str(explanation.ids[first]),
            "missed_place": str(first + 1),
            "missed_rank": str(explanation.ranks[first]),
            "nprobe_needed": str(explanation.nprobe_needed),
            "mean_recall": percent(workload.recall[nprobe - 1]),
        },
    )


@example
def which_nprobe() -> Example:
    workload = flat().evaluate(500, K, progress=False)
    by_mean, by_share = workload.nprobe_for(recall=0.95), workload.nprobe_for(recall=0.9, share=0.99)
    require(by_mean is not None and by_share is not None and by_mean < by_share, "the two rules differ")
    widget = shown(flat(), int(workload.ids[workload.hardest(1, nprobe=by_mean)[0]]), nprobe=by_mean)
    widget.evaluate(500, progress=False)
    worst = workload.recall_of(by_mean).min()
    on_screen = workload.recall_of(by_mean)[workload.ids == widget.query]
    require(bool(on_screen.max() == worst), "the worst query is on screen")
    return Example(
        widget,
        "Which nprobe?",
        {
            **common(widget),
            "queries": f"{len(workload):,}",
            "recall_at_1": percent(workload.recall[0]),
            "by_mean": str(by_mean),
            "by_share": str(by_share),
            "compared_by_mean": percent(workload.scanned[by_mean - 1]),
            "compared_by_share": percent(workload.scanned[by_share - 1]),
            "mean_recall": percent(workload.recall[by_mean - 1]),
            "worst": percent(float(worst)),
        },
        hardest=4,
        page_bytes=2_000_000,
    )


@example
def is_it_the_code() -> Example:
    nprobe = 8
    ledgers = coded().ledgers(sample(), K, nprobe)
    lost = [len(each.lost_to_code) if not len(each.lost_to_coarse) else 0 for each in ledgers]
    # Half of them: some came back and some did not.
    row = int(sample()[int(np.argmin(np.abs(np.array(lost) - K // 2)))])
    widget = shown(coded(), row, nprobe=nprobe)
    ledger = coded().ledger(row, K, nprobe)
    require(len(ledger.lost_to_code) > 2 and not len(ledger.lost_to_coarse), "the code alone loses")
    every = coded().explain(row, K).recall(np.arange(1, coded().nlist + 1))
    require(bool(every.max() < 1), "no nprobe finds all")
    alone = fw.open_index(coded().faiss_index)
    facts = {
        **common(widget),
        "lost_to_code": times(len(ledger.lost_to_code)),
        "by_codes": percent(alone.evaluate(SAMPLE, K, progress=False).recall[nprobe - 1]),
        "code_bytes": "6",
        "vector_bytes": f"{4 * coded().dim:,}",
    }
    for name, factory in (("pq", "IVF64,PQ8x6"), ("sq4", "IVF64,SQ4"), ("sq8", "IVF64,SQ8")):
        index = coded() if name == "pq" else fw.open_index(index_of(factory), vectors=vectors())
        mean = index.evaluate(SAMPLE, K, progress=False).ledger(nprobe)
        facts[f"{name}_recall"] = percent(mean.recall)
        facts[f"{name}_coarse"] = percent(mean.lost_to_coarse)
        facts[f"{name}_code"] = percent(mean.lost_to_code)
        facts[f"{name}_bytes"] = f"{index.faiss_index.code_size:,}"
    return Example(widget, "Is it the code?", facts)


@cache
def by_inner_product() -> fw.IvfIndex:
    return fw.open_index(index_of("IVF64,Flat", faiss.METRIC_INNER_PRODUCT))


@cache
def by_cosine() -> fw.IvfIndex:
    return fw.open_index(index_of("L2norm,IVF64,Flat", faiss.METRIC_INNER_PRODUCT))


def inner_product_row() -> int:
    """Return a row of the flower that shares no neighbour between inner product and cosine."""
    for row in sample():
        own = by_inner_product().explain(int(row), K)
        if photograph_of_tiles()[row] == "flower" and not set(own.ids) & set(
            by_cosine().explain(int(row), K).ids
        ):
            return int(row)
    raise FalseClaimError("inner product and cosine agree about every row")


@example
def inner_product() -> Example:
    row = inner_product_row()
    widget = shown(by_inner_product(), row, nprobe=8)
    explanations = [by_inner_product().explain(int(each), K) for each in sample()]
    verdicts = [by_inner_product().verdict(int(each), int(each), include_self=True) for each in sample()]
    places = [each.position for each in verdicts]
    require(min(places) > K, "no row of the sample is among its own neighbours")
    lengths = np.linalg.norm(vectors(), axis=1)
    own = lengths[by_inner_product().explain(row, K).ids]
    require(bool(own.min() > np.quantile(lengths, 0.95)), "the neighbours are among the longest vectors")
    return Example(
        widget,
        "By inner product",
        {
            **common(widget),
            "queries": f"{len(explanations)}",
            "distinct": str(len(np.unique(np.concatenate([each.ids for each in explanations])))),
            "median_place": f"{int(np.median(places)):,}",
            "best_place": f"{min(places):,}",
            "mean_recall": percent(by_inner_product().evaluate(SAMPLE, K, progress=False).recall[7]),
        },
    )


@example
def cosine() -> Example:
    row = inner_product_row()
    widget = shown(by_cosine(), row, nprobe=8)
    explanations = [by_cosine().explain(int(each), K) for each in sample()]
    first = [by_cosine().explain(int(each), 1, include_self=True).ids[0] == each for each in sample()]
    require(all(first), "every row of the sample is its own nearest")
    return Example(
        widget,
        "By cosine",
        {
            **common(widget),
            "queries": f"{len(explanations)}",
            "mean_recall": percent(by_cosine().evaluate(SAMPLE, K, progress=False).recall[7]),
            "distinct": f"{len(np.unique(np.concatenate([each.ids for each in explanations]))):,}",
        },
    )


@example
def not_itself() -> Example:
    nprobe, k = 8, 3
    ledgers = coded().ledgers(sample(), k, nprobe, include_self=True)
    lost = [int(row) for row, each in zip(sample(), ledgers, strict=True) if row in each.lost_to_code]
    require(len(lost) > 0, "the code makes some row lose itself")
    row = lost[0]
    widget = shown(coded(), row, nprobe=nprobe, k=k, include_self=True)
    require(row not in widget.trace().ids, "the row is no result of its own search")
    explanation = coded().explain(row, k, include_self=True)
    require(int(explanation.ids[0]) == row, "it is its own nearest by its vector")
    return Example(
        widget,
        "Why does a row not find itself?",
        {
            **common(widget),
            "lost_rows": f"{len(lost)}",
            "queries": f"{len(sample())}",
            "winner": str(widget.trace().ids[0]),
        },
    )


@example
def uneven_clusters() -> Example:
    half = len(vectors()) // 2
    opened = fw.open_index(index_of("IVF64,Flat", trained_on=vectors()[:half]))
    finding = next(each for each in opened.findings if each.code == "uneven-clusters")
    sizes = opened.list_sizes
    row = int(opened.list_ids(int(sizes.argmax()))[0])
    widget = shown(opened, row, nprobe=2)
    ours, even = (each.evaluate(SAMPLE, K, progress=False) for each in (opened, flat()))
    require(ours.scanned[0] > 1.5 * even.scanned[0], "uneven clusters compare more at one nprobe")
    return Example(
        widget,
        "Uneven clusters",
        {
            **common(widget),
            "factor": f"{finding.evidence['imbalance_factor']:.1f}",
            "even_factor": f"{float(flat().nlist * np.square(flat().list_sizes / flat().ntotal).sum()):.1f}",
            "largest": f"{sizes.max():,}",
            "smallest": f"{sizes.min():,}",
            "largest_share": percent(sizes.max() / sizes.sum()),
            "compared": percent(ours.scanned[1]),
            "compared_even": percent(even.scanned[1]),
        },
        # Pictures of all that the large cells hold.
        page_bytes=3_000_000,
    )


@example
def empty_clusters() -> Example:
    # The upper half of the temple.
    held = vectors()[: len(vectors()) // 4]
    opened = fw.open_index(index_of("IVF64,Flat", trained_on=vectors(), stored=held))
    finding = next((each for each in opened.findings if each.code == "empty-clusters"), None)
    if finding is None:
        raise FalseClaimError("the widget finds empty clusters")
    nprobe = 8
    is_empty = opened.list_sizes == 0
    probed = np.array([is_empty[opened.rank(row).clusters[:nprobe]].sum() for row in range(0, len(held), 10)])
    row = 10 * int(probed.argmax())
    require(probed.max() > 0, "a search probes an empty cluster")
    widget = shown(opened, row, nprobe=nprobe, images=tiles()[: len(held)], labels=None)
    return Example(
        widget,
        "Empty clusters",
        {
            **common(widget),
            "empty": str(np.count_nonzero(is_empty)),
            "probed_empty": times(int(probed.max())),
            "mean_probed_empty": f"{probed.mean():.1f}",
        },
    )


@example
def re_ranking() -> Example:
    nprobe, factor = 8, 4
    index = index_of("IVF64,PQ8x6,RFlat")
    opened = fw.open_index(index, vectors=vectors())
    facts: Facts = {}
    by_factor = {}
    for k_factor in (1, factor, 10):
        index.k_factor = k_factor
        by_factor[k_factor] = opened.ledgers(sample(), K, nprobe)
        mean = fw.MeanLedger.of(by_factor[k_factor])
        facts[f"recall_{k_factor}"] = percent(mean.recall)
        facts[f"code_{k_factor}"] = percent(mean.lost_to_code)
        # The row itself is asked for as well, and left out at the end.
        facts[f"handed_{k_factor}"] = str(k_factor * (K + 1))
    index.k_factor = factor
    gained = [
        len(before.lost_to_code) if not after.lost else 0
        for before, after in zip(by_factor[1], by_factor[factor], strict=True)
    ]
    best = int(np.argmax(gained))
    require(gained[best] > 2, "the re-ranking brings several back, and all")
    widget = shown(opened, int(sample()[best]), nprobe=nprobe)
    return Example(
        widget,
        "What does re-ranking do?",
        {**common(widget), **facts, "factor": str(factor), "regained": times(gained[best])},
    )


def embed(pictures: list[Image.Image]) -> np.ndarray:
    """Embed pictures of any size as the tiles were embedded."""
    scaled = [each.convert("RGB").resize((SIDE, SIDE)) for each in pictures]
    return mean_colours(np.stack([np.asarray(each) for each in scaled]))


@example
def ask_with_a_picture() -> Example:
    # Between the tiles of the flower, so that no row is this very picture.
    top, left = 124, 204
    whole = Image.fromarray(load_sample_images().images[1])
    picture = whole.crop((left, top, left + SIDE, top + SIDE))
    widget = shown(flat(), picture, nprobe=4, embed=embed)
    nearest = int(widget.trace().ids[0])
    columns = (whole.width - SIDE) // STEP + 1
    place = nearest - len(tiles()) // 2
    require(place >= 0, "the nearest row is of the same photograph")
    x, y = STEP * (place % columns), STEP * (place // columns)
    require(max(abs(x - left), abs(y - top)) <= STEP, "the nearest row overlaps the picture")
    return Example(
        widget,
        "Ask with a picture",
        {
            **common(widget),
            "nearest": str(nearest),
            "dx": str(abs(x - left)),
            "dy": str(abs(y - top)),
        },
    )


# The gallery.


@example
def digits() -> Example:
    data = load_digits()
    held = data.data.astype(np.float32)
    opened = fw.open_index(index_of("IVF40,Flat", stored=held))
    workload = opened.evaluate(SAMPLE, 9, progress=False)
    row = int(workload.ids[workload.hardest(1, nprobe=4)[0]])
    widget = fw.FederWidget(opened, images=data.images, labels=data.target, nprobe=4, k=9)
    widget.search(row)
    return Example(widget, "Handwritten digits", {**common(widget), "label": str(data.target[row])})


@example
def binary() -> Example:
    data = load_digits()
    bits = np.packbits(data.data > 7, axis=1)
    index = faiss.index_binary_factory(64, "BIVF32")
    index.train(bits)
    index.add(bits)
    opened = fw.open_index(index)
    workload = opened.evaluate(SAMPLE, 9, progress=False)
    row = int(workload.ids[workload.hardest(1, nprobe=2)[0]])
    widget = fw.FederWidget(opened, images=data.images, labels=data.target, nprobe=2, k=9)
    widget.search(row)
    return Example(widget, "Binary codes", common(widget))


@example
def metadata() -> Example:
    photographs = load_sample_images().images
    rows, columns = ((size - SIDE) // STEP + 1 for size in photographs[0].shape[:2])
    places = np.arange(len(tiles())) % (rows * columns)
    table = pd.DataFrame(
        {
            "photograph": photograph_of_tiles(),
            "brightness": tiles().mean(axis=(1, 2, 3)).round(1),
            "top": STEP * (places // columns),
            "left": STEP * (places % columns),
        }
    )
    row = int(sample()[7])
    widget = fw.FederWidget(flat(), images=tiles(), data=table, nprobe=4, k=K)
    widget.search(row)
    return Example(widget, "A table of metadata", common(widget))
