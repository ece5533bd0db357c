import { afterEach, describe, expect, it, vi } from "vitest";
import { Stage } from "./stage";

/** Sizes of clusters by rank, how many are probed, and the distances of rows and of centroids. */
interface Kind {
  readonly sizes: readonly number[];
  readonly nprobe: number;
  readonly row: (i: number) => number;
  readonly centroid: (i: number) => number;
  readonly place?: (i: number) => number;
  readonly metric?: "inner product";
  /** What each view says. */
  readonly says: { readonly clusters: string; readonly distances: string; readonly projection: string };
}

const KINDS: Record<string, Kind> = {
  "a single candidate": {
    sizes: [1, 5, 5],
    nprobe: 1,
    row: (i) => 3 + i,
    centroid: (i) => i,
    says: {
      clusters: "Map of 3 clusters",
      distances: "1 candidate of 1 probed cluster",
      projection: "There is only one candidate.",
    },
  },
  "candidates that are all the same vector": {
    sizes: [8, 5],
    nprobe: 2,
    row: () => 2,
    centroid: () => 2,
    place: () => 0.5,
    says: {
      clusters: "2.000",
      distances: "2.000 for all",
      projection: "All 13 candidates are the same vector: they lie at one place.",
    },
  },
  "an empty cluster among the probed": {
    sizes: [4, 0, 6],
    nprobe: 3,
    row: (i) => 1 + i,
    centroid: (i) => 1 + i,
    says: {
      clusters: "Map of 3 clusters",
      distances: "10 candidates of 3 probed clusters",
      projection: "10 candidates and the query",
    },
  },
  "nothing but empty clusters among the probed": {
    sizes: [0, 0, 6],
    nprobe: 2,
    row: (i) => 1 + i,
    centroid: (i) => 1 + i,
    says: {
      clusters: "Map of 3 clusters",
      distances: "No candidates: the 2 probed clusters are empty.",
      projection: "No candidates: the 2 probed clusters are empty.",
    },
  },
  "distances that are all zero": {
    sizes: [6, 5],
    nprobe: 2,
    row: () => 0,
    centroid: () => 0,
    place: () => 0.5,
    says: {
      clusters: "00 nearest clusterquery to centroid",
      distances: "0 for all",
      projection: "they lie at one place",
    },
  },
  "inner products that are all negative": {
    sizes: [9, 7, 8],
    nprobe: 2,
    row: (i) => -5 - i,
    centroid: (i) => -2 - i,
    metric: "inner product",
    says: {
      clusters: "-2.000-4.000 nearest clusterquery to centroid, inner product",
      distances: "radius: inner product",
      projection: "16 candidates and the query",
    },
  },
  "an outlier a thousand times farther": {
    sizes: [30, 30, 1],
    nprobe: 3,
    row: (i) => (i === 60 ? 9000 : 3 + i / 10),
    centroid: (i) => [1, 2, 9000][i],
    place: (i) => (i < 120 ? ((i + 1) * 0.6180339887) % 0.001 : 1),
    says: {
      clusters: "1.0003.000 and beyond",
      distances: "dashed rings: not to scale",
      projection: "61 candidates and the query",
    },
  },
};

let stage: Stage | null = null;

afterEach(() => {
  stage?.close();
  stage = null;
});

function show({ sizes, nprobe, row, centroid, metric }: Kind, view: string): Stage {
  const summary =
    metric === undefined
      ? {}
      : { metric, distance: metric, coarseDistance: metric, similarity: true, coarseSimilarity: true };
  const shown = new Stage(sizes, { nprobe, view, k: 3 }, summary);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  shown.sayMap();
  shown.sayCoarse({ id: null, distances: Float32Array.from(sizes, (_, i) => centroid(i)) });
  shown.sayCandidates(1, sizes.length, {
    distances: Float32Array.from({ length: count }, (_, i) => row(i)),
  });
  shown.sayDone();
  return shown;
}

/** How many different colours a picture has. */
function coloursOf(canvas: HTMLCanvasElement): number {
  if (canvas.width === 0) return 0;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}

describe.each(Object.entries(KINDS))("of %s", (_, kind) => {
  it.each(["clusters", "distances", "projection"] as const)(
    "%s shows what there is, and says so",
    async (view) => {
      stage = show(kind, view);
      if (view === "projection") {
        await vi.waitFor(() => stage?.lastAsked("projection"));
        const n = kind.sizes.slice(0, kind.nprobe).reduce((sum, size) => sum + size, 0);
        const { place } = kind;
        stage.sayProjection(
          place === undefined ? {} : { positions: Float32Array.from({ length: 2 * n }, (_, i) => place(i)) },
        );
      }
      const { element, root } = stage;
      await vi.waitFor(() => {
        const names = [...element.querySelectorAll("[aria-label]")].map((one) =>
          one.getAttribute("aria-label"),
        );
        expect(`${root.textContent} ${names}`.replace(/\s+/g, " ")).toContain(kind.says[view]);
        const canvas = element.querySelector(".feder-map canvas, .feder-points canvas") as HTMLCanvasElement;
        const isBare = kind.says[view].startsWith("No candidates");
        expect(coloursOf(canvas)).toBeGreaterThan(isBare ? 0 : 5);
      });
      expect(root.dataset.state).toBe("done");
    },
  );
});
