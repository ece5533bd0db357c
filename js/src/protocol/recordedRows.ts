import type { RowLabels, RowLabelsRequest, RowLevels, RowLevelsRequest } from "./messages";

type Told = RowLabels | RowLevels;
type Asked = RowLabelsRequest | RowLevelsRequest;

/** What was told of the rows of one cluster: the message, and where in it they are. */
interface RecordedRows {
  readonly message: Told;
  readonly start: number;
  readonly end: number;
}

/** By what was asked of rows, of which column, and the cluster. */
export type RowsByCluster = Map<string, RecordedRows>;

function keyOf({ kind, column }: Asked, cluster: number): string {
  return `${kind}/${column}/${cluster}`;
}

/** Keep what was told of the rows of some clusters. */
export function noteRows(recorded: RowsByCluster, asked: Asked, message: Told): void {
  let start = 0;
  message.clusters.forEach((cluster, i) => {
    const end = start + message.counts[i];
    recorded.set(keyOf(asked, cluster), { message, start, end });
    start = end;
  });
}

/** The same of other clusters, those that are known; null where none is. */
export function rowsOf(recorded: RowsByCluster, asked: Asked): Told | null {
  const found = asked.clusters.flatMap((cluster) => {
    const rows = recorded.get(keyOf(asked, cluster));
    return rows === undefined ? [] : [{ cluster, ...rows }];
  });
  const [first] = found;
  if (first === undefined) return null;
  const rows = {
    request: asked.request,
    clusters: Int32Array.from(found, ({ cluster }) => cluster),
    counts: Int32Array.from(found, ({ start, end }) => end - start),
    ids: BigInt64Array.from(
      found.flatMap(({ message, start, end }) => [...message.ids.subarray(start, end)]),
    ),
  };
  const values = Uint8Array.from(
    found.flatMap(({ message, start, end }) => [...valuesOf(message).subarray(start, end)]),
  );
  return first.message.kind === "row_labels"
    ? { ...first.message, ...rows, codes: values }
    : { ...first.message, ...rows, levels: values };
}

function valuesOf(message: Told): Uint8Array {
  return message.kind === "row_labels" ? message.codes : message.levels;
}
