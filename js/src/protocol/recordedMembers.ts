import type { Members, MembersRequest } from "./messages";

/** The rows of one cluster that were sent, by their place in the order of the search. */
export interface RecordedMembers {
  readonly total: number;
  readonly rows: Map<number, { readonly id: bigint; readonly distance: number }>;
}

type ByCluster = Map<string, RecordedMembers>;

function keyOf(serial: number, cluster: number): string {
  return `${serial}/${cluster}`;
}

/** Keep the rows of a message, by its search and their cluster. */
export function noteMembers(recorded: ByCluster, message: Members): void {
  const { serial, offset, clusters, totals, counts, ids, distances } = message;
  let start = 0;
  clusters.forEach((cluster, i) => {
    const key = keyOf(serial, cluster);
    const { rows } = recorded.get(key) ?? { rows: new Map() };
    for (let place = 0; place < counts[i]; place++) {
      rows.set(offset + place, { id: ids[start + place], distance: distances[start + place] });
    }
    recorded.set(key, { total: totals[i], rows });
    start += counts[i];
  });
}

/** The windows asked for of the clusters of which they were sent whole; null where there is no such cluster. */
export function membersOf(
  recorded: ByCluster,
  serial: number,
  { request, clusters, offset, limit }: MembersRequest,
): Members | null {
  const windows = clusters.flatMap((cluster) => {
    const known = recorded.get(keyOf(serial, cluster));
    if (known === undefined) return [];
    const count = Math.max(0, Math.min(limit, known.total - offset));
    const rows = Array.from({ length: count }, (_, i) => known.rows.get(offset + i));
    return rows.every((row) => row !== undefined) ? [{ cluster, total: known.total, rows }] : [];
  });
  if (windows.length === 0) return null;
  const rows = windows.flatMap((window) => window.rows);
  return {
    kind: "members",
    request,
    offset,
    serial,
    clusters: Int32Array.from(windows, ({ cluster }) => cluster),
    totals: Int32Array.from(windows, ({ total }) => total),
    counts: Int32Array.from(windows, (window) => window.rows.length),
    ids: BigInt64Array.from(rows, ({ id }) => id),
    distances: Float32Array.from(rows, ({ distance }) => distance),
  };
}
