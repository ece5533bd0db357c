/** The index in the kernel, told when the widget is made and again when the index has changed; see `summary.py`. */
export interface Summary {
  readonly nlist: number;
  readonly ntotal: number;
  readonly dim: number;
  /** Its parts: "IVF1024,PQ16x8". */
  readonly family: string;
  readonly metric: string;
  /** Names of the distances in the lists, of the coarse search, and of a second pass where there is one. */
  readonly distance: string;
  readonly coarseDistance: string;
  readonly refinedDistance: string | null;
  /** Name of the distance of a true neighbour. */
  readonly trueDistance: string;
  /** Whether a larger distance means nearer, in the lists and in the coarse search. */
  readonly similarity: boolean;
  readonly coarseSimilarity: boolean;
  /** Whether the coarse search looks at every centroid. */
  readonly coarseExact: boolean;
  /** Whether vectors are stored whole. */
  readonly exact: boolean;
  /** Whether results are the best of the candidates. */
  readonly replayable: boolean;
  /** Whether, of candidates at one distance, other ones than their ids tell can be results. */
  readonly renamed: boolean;
  /** Whether another nprobe probes these clusters and more, or fewer, at the same distances. */
  readonly steady: boolean;
  /** Whether the original vectors were given, and true neighbours are by them. */
  readonly given: boolean;
  /** Why there are no true neighbours to compare with. */
  readonly unexplained: string | null;
  /** Why there are none for many queries at every nprobe. */
  readonly unevaluated: string | null;
  readonly kMax: number;
  /** The index's own nprobe. */
  readonly storedNprobe: number;
  readonly images: boolean;
  /** Vectors in each cluster. */
  readonly sizes: Int32Array;
  /** Counts the changes of the index that the kernel has noticed. */
  readonly indexVersion: number;
  readonly constants: Constants;
}

/** Numbers and names that the kernel checks requests and traits by. */
export interface Constants {
  readonly views: readonly string[];
  /** Sides of pictures in device pixels, ascending. */
  readonly thumbnailSizes: readonly number[];
  /** Characters of a saved picture. */
  readonly snapshotLimit: number;
  /** Queries of a workload. */
  readonly sampleLimit: number;
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
    indexVersion: Number(fields.index_version ?? 0),
    constants: readConstants(fields.constants),
  };
}

function readConstants(value: unknown): Constants {
  const fields = value as Record<string, unknown>;
  return {
    views: (fields.views as unknown[]).map(String),
    thumbnailSizes: (fields.thumbnail_sizes as unknown[]).map(Number),
    snapshotLimit: Number(fields.snapshot_limit),
    sampleLimit: Number(fields.sample_limit),
  };
}
