"""Every family of Faiss indexes that is claimed to be traced: how it is built, and what is claimed of it.

``tests/test_families.py`` proves the claims. ``python tests/families.py`` writes ``docs/FAMILIES.md`` anew
from them.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import faiss
import graphs
import numpy as np
from makers import make_vectors

from feder_widget.faiss_internals.admission import graph_admission
from feder_widget.faiss_internals.tracing_by_class import REFUSED

DOCS = Path(__file__).parents[1] / "docs" / "FAMILIES.md"

N = 900
D = 16
NLIST = 12
L2, IP = faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT


@dataclass(frozen=True)
class Case:
    """An index, the IVF indexes inside it, the vectors in it, and queries that are not among them.

    ``reconstructs`` says whether Faiss gives the vector of a row, ``writes`` whether it can write the index.
    """

    index: Any
    ivfs: list[Any]
    vectors: np.ndarray
    queries: np.ndarray
    reconstructs: bool = True
    writes: bool = True

    def search(self, query, nprobe, k):
        """Return ids and distances of Faiss's own search, the oracle."""
        for ivf in self.ivfs:
            ivf.nprobe = nprobe
        distances, ids = self.index.search(query[None], k)
        return ids[0], distances[0]


@dataclass(frozen=True)
class Family:
    """A row of the documentation: what is claimed, and the variants that prove it.

    The claims are properties of ``IvfIndex``; None for one that is not the same for all variants.
    ``tolerance`` is the relative difference allowed between a candidate's distance and that of the search; 0
    where they are equal bit for bit. ``filtered`` says that a search looks at some candidates only,
    ``finds_all`` that one for more than there is returns everything.
    """

    name: str
    options: str
    variants: dict[str, Callable[[], Case]]
    exact: bool | None = False
    faithful: bool | None = True
    splittable: bool | None = True
    replayable: bool | None = True
    coarse_is_exact: bool | None = True
    decodes: bool = True
    on_disk: bool | None = False
    filtered: bool = False
    finds_all: bool = True
    tolerance: float = 0.0


def vectors(n=N, d=D, seed=0):
    return make_vectors(n, d, NLIST, seed)


def queries(d=D):
    """Return queries, some of them between the clusters."""
    own = make_vectors(5, d, NLIST, seed=0)
    return np.concatenate([own * np.float32(0.9), own[:2] * np.float32(0.1)])


def filled(index, ivf=None, x=None, q=None, ids=None):
    """Train and fill an index; ``ivf`` is the one inside it, or itself."""
    x = vectors() if x is None else x
    hurry(index if ivf is None else ivf)
    index.train(x)
    if ids is None:
        index.add(x)
    else:
        index.add_with_ids(x, np.asarray(ids, np.int64))
    return Case(index, [index if ivf is None else ivf], x, queries() if q is None else q)


def hurry(ivf):
    """Train as little as will do: codes need not be good to be traced."""
    ivf.cp.niter = 4
    for name in ("pq", "prq", "rq", "lsq"):
        codec = getattr(ivf, name, None)
        if hasattr(codec, "cp"):
            codec.cp.niter = 4
        if hasattr(codec, "train_iters"):
            codec.train_iters = 2


def made(description, metric=L2, d=D, x=None, q=None, ids=None):
    """Build what ``faiss.index_factory`` makes of a description."""
    index = faiss.index_factory(d, description, metric)
    ivf = faiss.downcast_index(faiss.extract_index_ivf(index))
    refining = faiss.downcast_index(index.refine_index) if hasattr(index, "refine_index") else None
    for trained in (ivf, refining):
        if hasattr(trained, "do_polysemous_training"):
            # Faiss asks for it by itself, and it takes longer than all the rest.
            trained.do_polysemous_training = False
    x = vectors(d=d) if x is None else x
    case = filled(index, ivf, x, queries(d) if q is None else q, ids)
    # Neither has Faiss a way back from whitening, nor a plain id map one from an id to its row.
    reconstructs = not description.startswith("PCAW") and type(index).__name__ != "IndexIDMap"
    return replace(case, reconstructs=reconstructs)


def built(kind, metric, *arguments, x=None, q=None, quantizer=None, **settings):
    """Build an IVF index by its constructor: ``kind(quantizer, d, nlist, *arguments)``."""
    d = D if x is None else x.shape[1]
    quantizer = faiss.IndexFlat(d, metric) if quantizer is None else quantizer
    index = getattr(faiss, kind)(quantizer, d, NLIST, *arguments)
    # Not every constructor keeps the quantizer alive.
    index.referenced_objects = [quantizer]
    for name, value in settings.items():
        setattr(index, name, value)
    return filled(index, x=x, q=q)


def variants(make, **options):
    """Return a variant for every combination of options, named after them."""
    return {
        ", ".join(str(name) for name, _ in chosen): lambda values=tuple(value for _, value in chosen): make(
            *values
        )
        for chosen in itertools.product(*(option.items() for option in options.values()))
    }


METRICS = {"L2": L2, "inner product": IP}
RESIDUAL = {"residual": True, "no residual": False}
BLOCKS = {"blocks of 32": 32, "of 64": 64}


# --- vectors stored whole


def other_metric(metric):
    x, q = np.abs(vectors()), np.abs(queries())
    if metric == faiss.METRIC_GOWER:
        x, q = x / x.max(), q / x.max()
    elif metric == faiss.METRIC_JensenShannon:
        x, q = x / x.sum(1, keepdims=True), q / q.sum(1, keepdims=True)
    index = faiss.IndexIVFFlat(faiss.IndexFlat(D, metric), D, NLIST, metric)
    # The exponent of Lp.
    index.metric_arg = index.quantizer.metric_arg = 3
    return filled(index, x=x, q=q)


OTHER_METRICS = {
    name: getattr(faiss, f"METRIC_{name}")
    for name in (
        "L1",
        "Linf",
        "Lp",
        "Canberra",
        "BrayCurtis",
        "JensenShannon",
        "Jaccard",
        "NaNEuclidean",
        "GOWER",
    )
}


# --- codes

SQ_TYPES = {
    name.removeprefix("QT_"): value
    for name, value in sorted(vars(faiss.ScalarQuantizer).items())
    if name.startswith("QT_") and name != "QT_count"
}


def scalar(qtype, metric, by_residual):
    x, q = vectors(), queries()
    name = next(name for name, value in SQ_TYPES.items() if value == qtype)
    if "direct" in name:
        offset = 0 if "signed" in name else 128
        # Faiss rounds queries where a whole number of registers holds a vector: 32 bytes on any machine.
        x = np.hstack([x, x[::-1]])
        x = np.clip(np.round(x * 10) + offset, offset - 128, offset + 127).astype(np.float32)
        q = x[:6] + np.float32(0.3)
    return built("IndexIVFScalarQuantizer", metric, qtype, metric, by_residual, x=x, q=q)


def sq_types(*endings, without=()):
    return {
        name: value
        for name, value in SQ_TYPES.items()
        if name.endswith(endings) and not (without and name.endswith(without))
    }


def product(metric, bits, by_residual):
    return built("IndexIVFPQ", metric, 4, bits, metric, by_residual=by_residual)


def tabled(table):
    return built("IndexIVFPQ", L2, 4, 6, L2, use_precomputed_table=table)


def product_fast(metric, m, bbs, by_residual):
    return built("IndexIVFPQFastScan", metric, m, 4, metric, bbs, by_residual=by_residual)


ADDITIVE = {
    "RQ": ("ResidualQuantizer", (3, 4)),
    "LSQ": ("LocalSearchQuantizer", (3, 4)),
    "PRQ": ("ProductResidualQuantizer", (2, 2, 4)),
    "PLSQ": ("ProductLocalSearchQuantizer", (2, 2, 4)),
}
NORMS = {
    name: getattr(faiss.AdditiveQuantizer, f"ST_{name}")
    for name in (
        "decompress",
        "norm_float",
        "norm_from_LUT",
        "LUT_nonorm",
        "norm_qint8",
        "norm_qint4",
        "norm_cqint4",
    )
}
WHOLE_NORMS = {name: NORMS[name] for name in ("decompress", "norm_float")}
# The inner product needs no norms.
NORMS_OF_IP = {name: NORMS[name] for name in ("decompress", "LUT_nonorm", "norm_float", "norm_qint8")}
# Of the others, Faiss can search only this one.
FROM_TABLE = {"RQ": ADDITIVE["RQ"]}, {"norm_from_LUT": NORMS.pop("norm_from_LUT")}


def additive(quantizer, metric, search_type, by_residual):
    kind, sizes = quantizer
    return built(f"IndexIVF{kind}", metric, *sizes, metric, search_type, by_residual=by_residual)


def additive_fast(quantizer, metric, bbs, by_residual):
    kind, sizes = quantizer
    norm = "norm_lsq2x4" if metric == L2 else "LUT_nonorm"
    search_type = getattr(faiss.AdditiveQuantizer, f"ST_{norm}")
    return built(f"IndexIVF{kind}FastScan", metric, *sizes, metric, search_type, bbs, by_residual=by_residual)


def rabitq(metric, bits, qb):
    return built("IndexIVFRaBitQ", metric, metric, True, bits, qb=qb)


def rabitq_fast(metric, bits, bbs):
    return built("IndexIVFRaBitQFastScan", metric, metric, bbs, True, bits)


def spectral(threshold):
    return built("IndexIVFSpectralHash", L2, 24, 3.0, threshold_type=threshold)


# --- around the inverted lists


def centred():
    inside = faiss.IndexIVFFlat(faiss.IndexFlatL2(D), D, NLIST)
    return filled(faiss.IndexPreTransform(faiss.CenteringTransform(D), inside), inside)


TRANSFORMS = {
    description: f"{description},IVF12,{codes}"
    for description, codes in (
        ("PCA8", "Flat"),
        ("PCAR8", "SQ8"),
        ("PCAW8", "Flat"),
        ("OPQ4_8", "PQ4x4"),
        ("RR16", "Flat"),
        ("Pad20", "Flat"),
        ("L2norm", "Flat"),
        ("HR", "SQ8"),
        ("PCA8,L2norm", "Flat"),
        ("L2norm,OPQ4", "PQ4x4fs"),
    )
}

BIG = 2**53 + 1
HARD_IDS = {
    "negative": -2 - np.arange(N),
    "beyond 2^53": BIG + np.arange(N),
    "extremes": np.r_[np.iinfo(np.int64).min, np.iinfo(np.int64).max, np.arange(N - 2)],
    "shuffled": np.random.default_rng(3).permutation(N),
    "duplicate": np.arange(N) % 400,
}


def with_ids(ids):
    case = made("IVF12,Flat", ids=ids)
    # Of an id that is there twice, a hash table finds the last one.
    return replace(case, reconstructs=len(np.unique(ids)) == len(ids))


def moved(description):
    """Build an index from which rows were removed and to which some were added again, under other ids."""
    case = made(description)
    case.index.remove_ids(np.arange(100, 200))
    case.index.add_with_ids(case.vectors[100:150], np.arange(150, 100, -1))
    return case


def mapped(direct_map):
    case = made("IVF12,Flat")
    case.index.set_direct_map_type(getattr(faiss.DirectMap, direct_map))
    return case


def id_mapped(description, ids):
    return made(description, ids=ids)


def transformed_ids(ids):
    """Put a transform around an id map, which the factory cannot."""
    ivf = faiss.IndexIVFFlat(faiss.IndexFlatL2(8), 8, NLIST)
    inside = faiss.IndexIDMap2(ivf)
    return filled(faiss.IndexPreTransform(faiss.PCAMatrix(D, 8), inside), ivf, ids=ids)


def refined(description, metric, k_factor):
    case = made(description, metric)
    case.index.k_factor = k_factor
    return case


REFINED = {
    description: description
    for description in (
        "IVF12,PQ4x4,RFlat",
        "IVF12,SQ4,RFlat",
        "IVF12,PQ4x4fs,RFlat",
        "IVF12,PQ4x4,Refine(SQ8)",
        "IVF12,PQ4x4fsr,Refine(SQfp16)",
        "IVF12,PQ4x4,Refine(PQ8x4)",
        "OPQ4,IVF12,PQ4x4,RFlat",
    )
}


def refined_ids():
    return made("IDMap2,OPQ4,IVF12,PQ4x4,RFlat", ids=HARD_IDS["negative"])


# --- coarse quantizers


def quantized(quantizer, metric=L2, codes="Flat"):
    quantizer.train(vectors())
    nlist = quantizer.ntotal or NLIST
    if codes == "Flat":
        index = faiss.IndexIVFFlat(quantizer, D, nlist, metric)
    else:
        index = faiss.IndexIVFPQ(quantizer, D, nlist, 4, 6, metric)
    index.referenced_objects = [quantizer]
    index.quantizer_trains_alone = 1 if quantizer.ntotal else 0
    return filled(index)


def residual_coarse(metric, bits, beam, codes):
    sizes = faiss.UInt64Vector()
    for bit in bits:
        sizes.push_back(bit)
    quantizer = faiss.ResidualCoarseQuantizer(D, sizes, metric)
    quantizer.train(vectors())
    quantizer.set_beam_factor(beam)
    return quantized(quantizer, metric, codes)


def spherical(kind, *arguments):
    return built(kind, L2, *arguments, quantizer=faiss.IndexFlatIP(D))


def large(description, metric=L2):
    """Build an index with as many clusters as a graph needs."""
    return made(description, metric, x=make_vectors(2000, D, 40, 0))


def nlist_of(quantizer):
    return 128 if "NSG" in quantizer else 40


# --- where lists are, and several indexes as one


def sharded(kind, metric, successive, ids=None, codes="Flat"):
    whole = made(f"IVF12,{codes}", metric)
    empty = faiss.clone_index(whole.index)
    empty.reset()
    if kind == "IndexShards":
        shards = faiss.IndexShards(D, False, successive)
    else:
        shards = faiss.IndexShardsIVF(empty.quantizer, NLIST, False, successive)
    parts = []
    for rows in np.array_split(np.arange(N), 3):
        part = faiss.clone_index(empty)
        if successive:
            part.add(whole.vectors[rows])
        else:
            part.add_with_ids(whole.vectors[rows], (rows if ids is None else ids[rows]).astype(np.int64))
        shards.add_shard(part)
        parts.append(part)
    shards.referenced_objects = [*parts, empty]
    return Case(shards, parts, whole.vectors, whole.queries, reconstructs=False)


def sharded_maps():
    """Build shards that are an id map around an index each, behind a transform."""
    whole = made("IVF12,SQ8", d=8, x=vectors(d=8))
    empty = faiss.clone_index(whole.index)
    empty.reset()
    transform = faiss.PCAMatrix(D, 8)
    transform.train(vectors())
    shards = faiss.IndexShards(8, False, False)
    parts, maps = [], []
    for rows in np.array_split(np.arange(N), 2):
        part = faiss.clone_index(empty)
        id_map = faiss.IndexIDMap2(part)
        id_map.add_with_ids(transform.apply(vectors()[rows]), rows.astype(np.int64) * 3)
        shards.add_shard(id_map)
        parts.append(part)
        maps.append(id_map)
    shards.referenced_objects = [*maps, *parts]
    outer = faiss.IndexPreTransform(transform, shards)
    return Case(outer, parts, vectors(), queries(), reconstructs=False)


def on_disk(description, metric):
    case = made(description, metric)
    ivf = case.ivfs[0]
    name = Path(tempfile.mkdtemp(dir=TEMPORARY.name)) / "lists"
    lists = faiss.OnDiskInvertedLists(ivf.nlist, ivf.code_size, str(name))
    lists.merge_from_1(ivf.invlists)
    ivf.replace_invlists(lists, True)
    lists.this.disown()
    return case


def from_file(description, flags, reconstructs=True):
    """Read an index back. Faiss ends the process where it reconstructs from a fast-scan index that it has
    read."""
    case = made(description)
    name = str(Path(tempfile.mkdtemp(dir=TEMPORARY.name)) / "index")
    faiss.write_index(case.index, name)
    index = faiss.read_index(name, flags)
    return Case(index, [faiss.extract_index_ivf(index)], case.vectors, case.queries, reconstructs)


TEMPORARY = tempfile.TemporaryDirectory()


def binary(quantizer, bits, id_map=None, use_heap=True):
    rng = np.random.default_rng(bits)
    centres = rng.integers(0, 256, size=(NLIST, bits // 8))
    x = np.unpackbits(centres[rng.integers(NLIST, size=N)].astype(np.uint8), axis=1)
    x = np.packbits(x ^ (rng.random(x.shape) < 0.1), axis=1)
    coarse = faiss.IndexBinaryFlat(bits) if quantizer == "flat" else faiss.IndexBinaryHNSW(bits, 8)
    ivf = faiss.IndexBinaryIVF(coarse, bits, NLIST)
    ivf.cp.min_points_per_centroid = 1
    ivf.use_heap = use_heap
    ivf.train(x)
    outer = ivf if id_map is None else getattr(faiss, id_map)(ivf)
    outer.referenced_objects = [coarse, ivf]
    if id_map is None:
        outer.add(x)
    else:
        outer.add_with_ids(x, HARD_IDS["negative"])
    q = np.concatenate([x[:4], rng.integers(0, 256, size=(4, bits // 8)).astype(np.uint8)])
    return Case(outer, [ivf], x, q, reconstructs=id_map != "IndexBinaryIDMap")


FAMILIES = [
    Family(
        "IVF,Flat",
        "L2, inner product",
        variants(lambda metric: made("IVF12,Flat", metric), metric=METRICS),
        exact=True,
    ),
    Family(
        "IVF,Flat under other metrics",
        "L1, Linf, Lp, Canberra, Bray-Curtis, Jensen-Shannon, Jaccard, NaN-Euclidean, Gower",
        variants(other_metric, metric=OTHER_METRICS),
        exact=True,
    ),
    Family(
        "IVF,FlatPanorama",
        "L2; distances to the last digit",
        variants(lambda levels: made(f"IVF12,FlatPanorama{levels}"), levels={"2 levels": 2, "4 levels": 4}),
        exact=True,
        replayable=False,
        tolerance=1e-6,
    ),
    Family(
        "IVF,SQ",
        "4, 6 and 8 bits, uniform or not; fp16, bf16, 0bit; by residual or not",
        variants(
            scalar,
            type=sq_types("bit", "uniform", "fp16", "bf16"),
            metric=METRICS,
            residual=RESIDUAL,
        ),
    ),
    Family(
        "IVF,SQ of bytes",
        "8bit_direct, 8bit_direct_signed, which round the query to bytes too; by residual or not",
        variants(scalar, type=sq_types("direct", "signed"), metric=METRICS, residual=RESIDUAL),
        faithful=False,
    ),
    Family(
        "IVF,SQ of TurboQuant (mse) and EDEN",
        "every number of bits; by residual or not",
        variants(scalar, type=sq_types("tqmse", "eden"), metric=METRICS, residual=RESIDUAL),
    ),
    Family(
        "IVF,SQ of TurboQuant, inner product",
        "every number of bits; by residual or not",
        variants(scalar, type=sq_types("tq"), metric={"inner product": IP}, residual=RESIDUAL),
    ),
    Family(
        "IVF,SQ of TurboQuant, L2",
        "every number of bits; by residual or not",
        variants(scalar, type=sq_types("tq"), metric={"L2": L2}, residual=RESIDUAL),
        faithful=False,
    ),
    Family(
        "IVF,PQ",
        "4 to 9 bits; by residual or not; with and without precomputed tables",
        variants(product, metric=METRICS, bits={f"{n} bits": n for n in (4, 5, 6, 8, 9)}, residual=RESIDUAL)
        | variants(tabled, table={"no table": -1, "table if small": 0, "table": 1}),
    ),
    Family(
        "IVF,PQ with a polysemous filter",
        "the candidates are those that the filter lets through",
        {"L2": lambda: built("IndexIVFPQ", L2, 4, 6, L2, do_polysemous_training=True, polysemous_ht=11)},
        filtered=True,
    ),
    Family(
        "IVF,PQ fast-scan without residuals",
        "blocks of 32 or 64",
        variants(
            product_fast,
            metric=METRICS,
            m={"PQ4": 4, "PQ16": 16},
            bbs=BLOCKS,
            residual={"no residual": False},
        ),
        faithful=False,
        replayable=False,
    ),
    Family(
        "IVF,PQ fast-scan by residual",
        "blocks of 32 or 64",
        variants(
            product_fast,
            metric=METRICS,
            m={"PQ4": 4, "PQ16": 16},
            bbs=BLOCKS,
            residual={"residual": True},
        ),
        faithful=False,
        splittable=False,
        replayable=False,
    ),
    Family(
        "IVF, additive codes",
        "RQ, LSQ, PRQ, PLSQ; inner product, or L2 with norms decompressed, float or from the table; "
        "by residual or not",
        variants(additive, codes=ADDITIVE, metric={"L2": L2}, norm=WHOLE_NORMS, residual=RESIDUAL)
        | variants(additive, codes=FROM_TABLE[0], metric=METRICS, norm=FROM_TABLE[1], residual=RESIDUAL)
        | variants(
            additive, codes=ADDITIVE, metric={"inner product": IP}, norm=NORMS_OF_IP, residual=RESIDUAL
        ),
    ),
    Family(
        "IVF, additive codes, L2 with other norms",
        "RQ, LSQ, PRQ, PLSQ; norms of 4 or 8 bits, or none; by residual or not",
        variants(
            additive,
            codes=ADDITIVE,
            metric={"L2": L2},
            norm={name: value for name, value in NORMS.items() if name not in WHOLE_NORMS},
            residual=RESIDUAL,
        ),
        faithful=False,
    ),
    Family(
        "IVF, additive codes, fast-scan, without residuals",
        "RQ, LSQ, PRQ, PLSQ",
        variants(
            additive_fast,
            codes=ADDITIVE,
            metric=METRICS,
            bbs=BLOCKS,
            residual={"no residual": False},
        ),
        faithful=False,
        replayable=False,
    ),
    Family(
        "IVF, additive codes, fast-scan, by residual",
        "RQ, LSQ, PRQ, PLSQ",
        variants(
            additive_fast,
            codes=ADDITIVE,
            metric=METRICS,
            bbs=BLOCKS,
            residual={"residual": True},
        ),
        faithful=False,
        splittable=False,
        replayable=False,
    ),
    Family(
        "IVF,RaBitQ",
        "1 bit; the query whole or of 4 or 8 bits",
        variants(rabitq, metric=METRICS, bits={"1 bit": 1}, query={"qb 0": 0, "qb 4": 4, "qb 8": 8}),
        faithful=False,
    ),
    Family(
        "IVF,RaBitQ of more bits",
        "2 to 9 bits; a search compares only what the first bit lets through",
        variants(rabitq, metric=METRICS, bits={f"{n} bits": n for n in (2, 4, 9)}, query={"qb 0": 0}),
        faithful=False,
        replayable=False,
    ),
    Family(
        "IVF,RaBitQ fast-scan",
        "1 bit; blocks of 32 or 64",
        variants(rabitq_fast, metric=METRICS, bits={"1 bit": 1}, bbs=BLOCKS),
        faithful=False,
        splittable=False,
        replayable=False,
        decodes=False,
    ),
    Family(
        "IVF,RaBitQ fast-scan of more bits",
        "2 to 9 bits; blocks of 32 or 64; a search compares only what the first bit lets through",
        variants(rabitq_fast, metric=METRICS, bits={f"{n} bits": n for n in (2, 4, 9)}, bbs=BLOCKS),
        faithful=False,
        replayable=False,
        decodes=False,
    ),
    Family(
        "IVF,EDEN",
        "L2",
        variants(lambda codes: made(f"IVF12,{codes}"), codes={"EDEN": "EDEN", "EDEN4": "EDEN4"}),
        faithful=False,
    ),
    Family(
        "IVF, spectral hash",
        "every kind of threshold; distances are Hamming distances",
        variants(
            spectral,
            threshold={
                name: getattr(faiss.IndexIVFSpectralHash, f"Thresh_{name}")
                for name in ("global", "centroid", "centroid_half", "median")
            },
        ),
        faithful=False,
        decodes=False,
    ),
    Family(
        "Behind IndexPreTransform",
        "PCA, whitening, OPQ, random and Hadamard rotation, padding, L2norm (cosine), centring; chains",
        variants(made, transform=TRANSFORMS, metric=METRICS) | {"Centering": centred},
        exact=None,
        faithful=None,
        replayable=None,
    ),
    Family(
        "Behind an ITQ transform",
        "rows cannot be queries: it cannot be reversed",
        {"ITQ8": lambda: made("ITQ8,IVF12,Flat")},
        decodes=False,
    ),
    Family(
        "Ids of every kind, direct maps",
        "negative, beyond 2^53, duplicate; removed and added again; direct maps Array and Hashtable",
        variants(with_ids, ids=HARD_IDS)
        | variants(
            lambda codes: moved(codes), codes={"removed, SQ8": "IVF12,SQ8", "removed, PQ": "IVF12,PQ4x4fs"}
        )
        | variants(mapped, map={"Array": "Array", "Hashtable": "Hashtable"}),
        exact=None,
        faithful=None,
        replayable=None,
    ),
    Family(
        "IndexIDMap, IndexIDMap2",
        "around an IVF index or a transform, or inside one; negative ids, ids beyond 2^53",
        variants(
            id_mapped,
            kind={
                "IDMap": "IDMap,IVF12,Flat",
                "IDMap2": "IDMap2,IVF12,SQ8",
                "IDMap of PCA": "IDMap,PCA8,IVF12,Flat",
            },
            ids={name: HARD_IDS[name] for name in ("negative", "beyond 2^53", "extremes", "shuffled")},
        )
        | {"PCA of IDMap2": lambda: transformed_ids(HARD_IDS["negative"])},
        exact=None,
    ),
    Family(
        "IndexRefineFlat, IndexRefine",
        "flat, SQ or PQ refinement over any of the above; ids and transforms around it",
        variants(refined, what=REFINED, metric=METRICS, factor={"k_factor 4": 4, "1": 1, "1.7": 1.7})
        | {"IDMap2 around": refined_ids},
        faithful=None,
        splittable=None,
        replayable=False,
    ),
    Family(
        "Coarse quantizers that compare with all centroids",
        "SQ, PQ, PQ fast-scan; of another metric than the index, spherical",
        {
            "SQ8": lambda: made("IVF12(SQ8),Flat"),
            "SQ8 under PQ": lambda: made("IVF12(SQ8),PQ4x4", IP),
            "PQ4": lambda: large("IVF40(PQ4x4),Flat"),
            "PQ4 fast-scan": lambda: large("IVF40(PQ4x4fs),SQ8"),
            "inner product under L2, Flat": lambda: spherical("IndexIVFFlat", L2),
            "inner product under L2, SQ8": lambda: spherical("IndexIVFScalarQuantizer", 0, L2),
            "inner product under L2, PQ": lambda: spherical("IndexIVFPQ", 4, 4, L2),
        },
        exact=None,
        faithful=None,
    ),
    Family(
        "Coarse quantizers that are approximate",
        "HNSW, NSG, IVF, refined, behind a transform; multi-index, residual and local-search codebooks",
        {
            **{
                f"{quantizer}, {name}": lambda quantizer=quantizer, codes=codes, metric=metric: large(
                    f"IVF{nlist_of(quantizer)}{quantizer},{codes}", metric
                )
                for quantizer in ("_HNSW8", "_NSG8", "(IVF6,Flat)", "(PCA8,Flat)", "(SQ4,RFlat)")
                for name, codes, metric in (
                    ("Flat", "Flat", L2),
                    ("PQ", "PQ4x6", L2),
                    ("inner product", "SQ8", IP),
                )
                # Without a direct map, Faiss cannot take residuals from centroids in an IVF index.
                if quantizer != "(IVF6,Flat)" or codes == "Flat"
            },
            "HNSW over SQ8": lambda: large("IVF40(HNSW8_SQ8),PQ4x6"),
            "multi-index, Flat": lambda: made("IMI2x3,Flat"),
            "multi-index, PQ": lambda: made("IMI2x3,PQ4x6"),
            "residual, L2": lambda: residual_coarse(L2, (3, 2), 4.0, "Flat"),
            "residual, all": lambda: residual_coarse(L2, (3, 2), -1.0, "PQ"),
            "residual, inner product": lambda: residual_coarse(IP, (3, 2), 1.0, "Flat"),
            "local search": lambda: replace(
                quantized(faiss.LocalSearchCoarseQuantizer(D, 2, 3, L2)), writes=False
            ),
        },
        exact=None,
        faithful=None,
        coarse_is_exact=False,
    ),
    Family(
        "Lists on disk or mapped",
        "OnDiskInvertedLists; IO_FLAG_MMAP, MMAP_IFC",
        variants(
            on_disk,
            codes={"Flat on disk": "IVF12,Flat", "OPQ, PQ on disk": "OPQ4,IVF12,PQ4x4"},
            metric=METRICS,
        )
        | variants(
            from_file,
            codes={"Flat": "IVF12,Flat", "PQ": "IVF12,PQ4x4"},
            flags={"MMAP": faiss.IO_FLAG_MMAP, "MMAP_IFC": faiss.IO_FLAG_MMAP_IFC},
        ),
        exact=None,
        on_disk=True,
    ),
    Family(
        "Lists read from a file",
        "IO_FLAG_READ_ONLY; lists in blocks, which cannot be mapped",
        {
            "READ_ONLY": lambda: from_file("IVF12,PQ4x4", faiss.IO_FLAG_READ_ONLY),
            "fast-scan": lambda: from_file("IVF12,PQ4x4fs", faiss.IO_FLAG_MMAP_IFC, False),
        },
        faithful=None,
        replayable=None,
    ),
    Family(
        "IndexShards, IndexShardsIVF",
        "of IVF indexes with the same centroids, id maps around each; successive ids or not",
        variants(
            sharded,
            kind={"IndexShards": "IndexShards", "IndexShardsIVF": "IndexShardsIVF"},
            metric=METRICS,
            successive={"successive ids": True, "own ids": False},
        )
        | {
            "PQ": lambda: sharded("IndexShards", L2, True, codes="PQ4x4"),
            "fast-scan": lambda: sharded("IndexShards", L2, True, codes="PQ4x4fs"),
            "id maps behind PCA": sharded_maps,
        },
        exact=None,
        faithful=None,
        replayable=False,
    ),
    Family(
        "IndexShards with negative ids",
        "which Faiss takes for no results",
        {"Flat": lambda: sharded("IndexShards", L2, False, HARD_IDS["negative"])},
        exact=True,
        replayable=False,
        finds_all=False,
    ),
    Family(
        "IndexBinaryIVF",
        "flat or HNSW coarse quantizer; IndexBinaryIDMap; any number of bytes",
        variants(binary, quantizer={"flat": "flat", "HNSW": "HNSW"}, bits={"64 bits": 64, "104 bits": 104})
        | {
            "IDMap": lambda: binary("flat", 64, "IndexBinaryIDMap"),
            "IDMap2": lambda: binary("HNSW", 64, "IndexBinaryIDMap2"),
        },
        exact=True,
        coarse_is_exact=None,
    ),
    Family(
        "IndexBinaryIVF without a heap",
        "use_heap off: ties in an order of its own",
        {"flat": lambda: binary("flat", 64, use_heap=False)},
        exact=True,
        replayable=False,
        finds_all=False,
    ),
]


def markdown():
    """Return docs/FAMILIES.md."""
    rows = [
        "| family | variants proven | exact | faithful codes | splittable | replayable | rows as queries |",
        "|---|---|---|---|---|---|---|",
    ]
    rows += [
        f"| {family.name} | {family.options} ({len(family.variants)}) | "
        + " | ".join(
            WORDS[claim]
            for claim in (
                family.exact,
                family.faithful,
                family.splittable,
                family.replayable,
                family.decodes,
            )
        )
        + " |"
        for family in FAMILIES
    ]
    refused = [f"| `{name}` | {reason} |" for name, reason in (REFUSED | graph_admission.REFUSED).items()]
    variants = "\n".join(f"- {each.name}" for each in graphs.VARIANTS + graphs.BINARY)
    return INTRODUCTION.format(table="\n".join(rows), graphs=variants, refused="\n".join(refused))


WORDS = {True: "yes", False: "no", None: "as inside"}

INTRODUCTION = """\
# Families of indexes

Written by `python tests/families.py` from the registry that `tests/test_families.py` proves: every variant is
built, searched and traced at several nprobe and k, and ids and distances of the trace equal those of
`faiss_index.search` bit for bit. So do the candidates' distances, but for the last digit where the table says
so.

{table}

- **exact**: vectors are stored whole, so that a distance is the one to the vector itself (`IvfIndex.exact`).
- **faithful codes**: a distance is the one to the decoded vector, to within float32's rounding (3e-6 of the
largest distance
  in the list; `IvfIndex.faithful_codes`).
- **splittable**: a distance is the same whichever clusters are scanned together (`IvfIndex.splittable`).
Elsewhere the
  distances of a trace are those of a search at its nprobe.
- **replayable**: the results are the k best of the candidates (`IvfIndex.replayable`). Elsewhere Faiss passes
over some
  candidates by a bound, orders ties in its own way, merges or re-ranks, and is itself asked for the results.
- **rows as queries**: a row id can be a query: its vector can be read from its code and taken back through
transforms. - **as inside**: as without the layer that the row of the table is about.

An approximate coarse quantizer's ranking is shown as it was searched for the clusters that are probed; all
others follow by their distance (`IvfIndex.coarse_is_exact` says which kind it is).

## Graphs

The registry is `tests/graphs.py`; `tests/test_graph_search.py` holds every variant to Faiss at many k and
efSearch: results, their distances, the number of distances computed and of nodes expanded. Of binary graphs
Faiss reports no visits, so the walk is done anew; `tests/test_binary_graph.py` holds that to Faiss for random
bits, where nearly all distances tie. Graphs may stand
behind `IndexPreTransform`, `IndexIDMap` and `IndexIDMap2` (binary ones behind `IndexBinaryIDMap` and
`IndexBinaryIDMap2`), and inside `IndexRefine` and `IndexRefineFlat`.
`tests/test_graph_rerank.py` holds what is re-ranked to Faiss at several k_factor;
`tests/test_graph_rerank_truth.py` holds the results that one walk tells to a search at each efSearch, and the
span of efSearch over which each true neighbour is returned to searches at both ends of it. The variants:

{graphs}

Graphs of hnswlib are held to hnswlib itself in `tests/with_hnswlib`: L2, inner product and cosine, with and
without deleted elements, and where distances tie.

## Flat indexes

`IndexFlat` under any metric, `IndexScalarQuantizer` and `IndexPQ`, in the same layers: the answer is Faiss's
own, and costs one distance for each vector (`tests/test_flat_index.py`).

## What is refused

With `UnsupportedIndexError`, the reason and what to do.

| index | reason |
|---|---|
| any other (`IndexLSH`, `IndexNSG`, …) | it is no IVF index, no HNSW graph and no flat index |
| `GpuIndexIVF…` | its inverted lists are on a GPU; pass `faiss.index_gpu_to_cpu(index)` |
{refused}
| `IndexShards` over other centroids in each shard | they share no clusters |
| transforms or refinement inside a shard | put them around the shards |
| refinement of what is refined | open one of the two alone |
| re-ranking of a graph by another metric than L2 or inner product | Faiss re-ranks by these only |
| re-ranking of a graph by other than a flat index, scalar or product codes | distances are not known |
| re-ranking of a graph with an id map inside | put the id map around it |
| coarse quantizers that are not in the table | not proven |
"""


if __name__ == "__main__":
    DOCS.write_text(markdown(), encoding="utf-8")
