/** A key for each row of a list: its id, and which copy it is where rows share one. */
export function rowKeys(ids: readonly bigint[]): string[] {
  const copies = new Map<bigint, number>();
  return ids.map((id) => {
    const copy = copies.get(id) ?? 0;
    copies.set(id, copy + 1);
    return copy === 0 ? id.toString() : `${id}/${copy}`;
  });
}
