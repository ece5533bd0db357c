import type { Composition, Labels } from "../protocol/messages";

/** How often labels occur in the clusters, by the rows that were counted. */
export interface LabelCounts extends Omit<Labels, "kind" | "request" | "rows" | "offset"> {
  /** By cluster: the counted rows that have a label. */
  readonly labelled: Int32Array;
}

/** The counts, joined from their parts. */
export function joinedLabels(parts: readonly Labels[]): LabelCounts {
  const { kind: _kind, request: _request, rows, offset: _offset, ...facts } = parts[0];
  const width = facts.names.length + 1;
  const counts = new Int32Array(rows * width);
  const commonest = new Uint8Array(rows);
  const most = new Int32Array(rows);
  for (const part of parts) {
    counts.set(part.counts, part.offset * width);
    commonest.set(part.commonest, part.offset);
    most.set(part.most, part.offset);
  }
  const labelled = new Int32Array(rows);
  for (let i = 0; i < counts.length; i++) labelled[Math.floor(i / width)] += counts[i];
  return { ...facts, counts, commonest, most, labelled };
}

/** Whether labels hardly ever repeat: then they are texts, and no colour can stand for one. */
export function areTexts({ counted, unlabelled, failed, distinct }: LabelCounts): boolean {
  const labelled = counted - unlabelled - failed;
  return labelled > 0 && 2 * distinct > labelled;
}

/** By cluster: the share that a named label, or null for the commonest, has of the rows with a label. */
export function labelShares(
  { names, counts, most, labelled }: LabelCounts,
  name: number | null,
): Float32Array {
  const width = names.length + 1;
  return Float32Array.from(labelled, (rows, cluster) => {
    const found = name === null ? most[cluster] : counts[cluster * width + name];
    return rows === 0 ? 0 : found / rows;
  });
}

/** All rows with a named label, and the least number of clusters that hold half of them; null of a sample. */
export function whereLabelLives(
  { names, counts, counted, total }: LabelCounts,
  name: number,
): { readonly rows: number; readonly clusters: number } | null {
  if (counted < total) return null;
  const width = names.length + 1;
  const perCluster: number[] = [];
  for (let i = name; i < counts.length; i += width) perCluster.push(counts[i]);
  const rows = perCluster.reduce((sum, count) => sum + count, 0);
  perCluster.sort((left, right) => right - left);
  let held = 0;
  let clusters = 0;
  while (2 * held < rows) held += perCluster[clusters++];
  return { rows, clusters };
}

/** A label of a cluster, and its share of the rows counted. */
export interface LabelShare {
  /** Null for rows without a label. */
  readonly name: string | null;
  readonly share: number;
}

/**
 * The labels of a cluster from the commonest on, at most `most` of them, and the rows without one; none where labels
 * hardly ever repeat, and where no row has one.
 */
export function mainLabels(composition: Composition | null, most: number): LabelShare[] {
  if (composition === null) return [];
  const { names, counts, counted, unlabelled, failed, distinct } = composition;
  const labelled = counted - unlabelled - failed;
  const repeats = distinct === 1 || 2 * distinct <= labelled;
  if (labelled === 0 || !repeats) return [];
  const shares: LabelShare[] = names.slice(0, most).map((name, i) => ({ name, share: counts[i] / counted }));
  const bare = (unlabelled + failed) / counted;
  return bare > 0 ? [...shares, { name: null, share: bare }] : shares;
}
