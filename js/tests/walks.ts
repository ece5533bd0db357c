import { resultsAmong } from "../src/graph/model/results";
import { type GraphTruth, isReturnedAt, missedOf, truthOf } from "../src/graph/model/truth";
import { GraphWalk } from "../src/graph/model/walk";
import type { LayersState } from "../src/graph/views/layers/layersState";
import type { Walk, WalkTruth } from "../src/protocol/messages";

/**
 * A search of row 100, which is at 0: its descent goes from row 1 through levels 3 and 2 to row 4, which is the second
 * nearest of level 1. Row i of level 0 is at distance i / 10.
 */
export function walkMessage(changes: Partial<Walk> = {}): Walk {
  // On level 0, each expansion visits four rows, and each is of an ever nearer row, until the walk has passed the best.
  const ids = [40n, 60n, 61n, 30n, 35n, 62n, 50n, 20n, 22n, 100n, 55n, 24n, 27n, 70n, 71n, 26n, 28n];
  const distances = ids.map((id) => (id === 100n ? 0 : Number(id) / 10));
  return {
    kind: "walk",
    request: "kernel:1",
    serial: 1,
    index_version: 0,
    id: 100n,
    label: null,
    title: null,
    ef_search: 4,
    ef_max: 16,
    holds_until: 16,
    exhausted: false,
    entry: 90n,
    entry_distance: Float32Array.of(9),
    stopped_at: -1,
    hop_levels: Int32Array.of(3, 3, 2, 1, 1),
    hop_from: BigInt64Array.of(90n, 80n, 80n, 80n, 40n),
    hop_to: BigInt64Array.of(80n, 80n, 80n, 40n, 40n),
    hop_distances: Float32Array.of(8, 8, 8, 4, 4),
    hop_offsets: Int32Array.of(0, 2, 3, 5, 8, 10),
    link_ids: BigInt64Array.of(80n, 95n, 90n, 85n, 90n, 40n, 85n, 88n, 60n, 80n),
    link_distances: Float32Array.of(8, 9.5, 9, 8.5, 9, 4, 8.5, 8.8, 6, 8),
    ids: BigInt64Array.from(ids),
    nodes: Int32Array.from(ids.map(Number)),
    levels: new Uint8Array(ids.length),
    deleted: new Uint8Array(ids.length),
    distances: Float32Array.from(distances),
    expanded: Int32Array.of(0, 3, 7, 9, 8),
    first: Int32Array.of(1, 5, 9, 11, 13, 17),
    nearer: Int32Array.of(0, 0, 0, 0, 2),
    vector: Float32Array.of(0),
    picture: new Uint8Array(0),
    ...changes,
  };
}

export function truthMessage(changes: Partial<WalkTruth> = {}): WalkTruth {
  return {
    kind: "walk_truth",
    request: "kernel:2",
    serial: 1,
    k: 4,
    include_self: false,
    count: 4,
    holds_until: 16,
    ids: BigInt64Array.of(20n, 22n, 24n, 26n),
    distances: Float32Array.of(2, 2.2, 2.4, 2.6),
    visited_from: Int32Array.of(1, 1, 1, 3),
    handed_from: Int32Array.of(1, 1, 1, 3),
    handed_until: Int32Array.of(0, 0, 0, 0),
    returned_from: Int32Array.of(1, 1, 1, 3),
    returned_until: Int32Array.of(0, 0, 0, 0),
    led_by: BigInt64Array.of(30n, 30n, 100n, 22n),
    gate: BigInt64Array.of(30n, 30n, 100n, 22n),
    in_offsets: Int32Array.of(0, 0, 0, 0, 0),
    in_ids: new BigInt64Array(0),
    level_nearest: BigInt64Array.of(20n, 80n, 80n),
    level_distances: Float32Array.of(2, 8, 8),
    level_places: Int32Array.of(2, 1, 1),
    ...changes,
  };
}

/** What the Layers view shows of a search. */
export function layersStateOf(
  walk: GraphWalk = new GraphWalk(walkMessage()),
  truth: GraphTruth | null = truthOf(truthMessage(), 1),
  changes: Partial<LayersState> = {},
): LayersState {
  const { ef = 2, k = 4, similarity = false } = changes;
  const finds = (row: GraphTruth["near"][number]) => isReturnedAt(row, ef);
  return {
    walk,
    truth,
    results: resultsAmong(walk, walk.visitedBy(ef), k, similarity, walk.id),
    missed: truth === null ? [] : missedOf(truth, finds),
    ef,
    k,
    similarity,
    levelSizes: [1000, 120, 12, 3],
    isOneMeasure: true,
    areResultsOfWalk: true,
    step: null,
    ...changes,
  };
}
