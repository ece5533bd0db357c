/** What the kernel says of the index once, when the widget is made. */
export interface Summary {
  readonly nlist: number;
  readonly ntotal: number;
  readonly dim: number;
  readonly metric: "L2" | "inner product";
  /** Whether a larger distance means nearer. */
  readonly similarity: boolean;
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
  const metric = fields.metric === "inner product" ? "inner product" : "L2";
  return {
    nlist: sizes.length,
    ntotal: Number(fields.ntotal),
    dim: Number(fields.dim),
    metric,
    similarity: metric === "inner product",
    kMax: Number(fields.k_max),
    storedNprobe: Number(fields.nprobe),
    images: fields.images === true,
    sizes,
  };
}

/** How distances of this metric are called wherever one is shown. */
export function distanceName(summary: Summary): string {
  return summary.similarity ? "inner product" : "squared L2 distance";
}
