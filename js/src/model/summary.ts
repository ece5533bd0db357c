/** What the kernel says of the index once, when the widget is made; `summary.py` says more of some of it. */
export interface Summary {
  readonly nlist: number;
  readonly ntotal: number;
  readonly dim: number;
  /** What it is made of: "IVF1024,PQ16x8". */
  readonly family: string;
  readonly metric: string;
  /** What is compared in the lists, in the coarse search, and in a second pass where there is one. */
  readonly distance: string;
  readonly coarseDistance: string;
  readonly refinedDistance: string | null;
  /** What is told of true neighbours. */
  readonly trueDistance: string;
  /** Whether a larger distance means nearer, in the lists and in the coarse search. */
  readonly similarity: boolean;
  readonly coarseSimilarity: boolean;
  /** Whether the coarse search looks at every centroid. */
  readonly coarseExact: boolean;
  /** Whether vectors are stored whole. */
  readonly exact: boolean;
  /** Whether results are the best of the candidates, */
  readonly replayable: boolean;
  /** but for which of several at one distance. */
  readonly renamed: boolean;
  /** Whether another nprobe probes these clusters and more, or fewer, at the same distances. */
  readonly steady: boolean;
  /** Whether true neighbours are by the vectors that were given. */
  readonly given: boolean;
  /** Why there are no true neighbours to compare with. */
  readonly unexplained: string | null;
  /** Why there are none for many queries at every nprobe. */
  readonly unevaluated: string | null;
  readonly kMax: number;
  /** The index's own nprobe. */
  readonly storedNprobe: number;
  readonly images: boolean;
  readonly sizes: Int32Array;
}

export function readSummary(value: unknown): Summary {
  const fields = value as Record<string, unknown>;
  const view = fields.sizes as DataView;
  const sizes = new Int32Array(
    view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer,
  );
  const text = (name: string) => (fields[name] == null ? null : String(fields[name]));
  const flag = (name: string) => fields[name] === true;
  const [distance, given] = [text("distance") ?? "distance", flag("given")];
  return {
    nlist: sizes.length,
    ntotal: Number(fields.ntotal),
    dim: Number(fields.dim),
    family: text("family") ?? "",
    metric: text("metric") ?? "",
    distance,
    trueDistance: given ? "distance by the original vectors" : distance,
    coarseDistance: text("coarse_distance") ?? "distance",
    refinedDistance: text("refined_distance"),
    similarity: flag("similarity"),
    coarseSimilarity: flag("coarse_similarity"),
    coarseExact: flag("coarse_exact"),
    exact: flag("exact"),
    replayable: flag("replayable"),
    renamed: flag("renamed"),
    steady: flag("steady"),
    given,
    unexplained: text("unexplained"),
    unevaluated: text("unevaluated"),
    kMax: Number(fields.k_max),
    storedNprobe: Number(fields.nprobe),
    images: flag("images"),
    sizes,
  };
}
