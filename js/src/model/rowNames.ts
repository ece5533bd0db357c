/** Which copy each row is among the ones that share its id and its cluster, from 0. */
export function copiesOf(ids: ArrayLike<bigint>, ranks: ArrayLike<number>): number[] {
  const counts = new Map<string, number>();
  return Array.from(ids, (id, i) => {
    const name = rowName(id, ranks[i]);
    const copy = counts.get(name) ?? 0;
    counts.set(name, copy + 1);
    return copy;
  });
}

/** The name of a row among the rows of one search, by its id, the rank of its cluster, and its copy. */
export function rowName(id: bigint, rank: number, copy = 0): string {
  return copy === 0 ? `${rank}/${id}` : `${rank}/${id}/${copy}`;
}

/** The name of each row: no two have the same, and a row has the same in every list that keeps its copies in order. */
export function rowNames(ids: ArrayLike<bigint>, ranks: ArrayLike<number>): string[] {
  return copiesOf(ids, ranks).map((copy, i) => rowName(ids[i], ranks[i], copy));
}
