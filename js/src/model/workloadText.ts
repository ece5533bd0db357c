import { count, plural } from "./format";

/** A share of the queries in percent: one that the kernel names, without more digits than it has. */
export function shareText(share: number): string {
  return `${Number((100 * share).toPrecision(6))}\u00a0%`;
}

export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** The bands between the curves of these shares of the queries, each by its lower edge. */
export function bandNames(shares: readonly number[]): string[] {
  return shares.slice(1).map((share, i) => {
    const some = share === 1 ? "all" : shareText(share);
    return i === 0 ? `recall reached by ${some}${share === 1 ? "" : " of"} queries` : `by ${some}`;
  });
}

/** The cost of a workload where recall takes a search at each nprobe. */
export function searchesText(at: readonly number[]): string {
  const few =
    at.length <= 4
      ? listed(at.map(count))
      : `${at.slice(0, 3).map(count).join(", ")}, … ${count(at[at.length - 1])}`;
  return `At nprobe ${few}, by ${plural(at.length, "search", "searches")} of each query`;
}

/** The last place in `nprobes`, ascending, whose value is at most `nprobe`. */
export function placeOf(nprobes: Int32Array, nprobe: number): number {
  let place = 0;
  while (place + 1 < nprobes.length && nprobes[place + 1] <= nprobe) place++;
  return place;
}
