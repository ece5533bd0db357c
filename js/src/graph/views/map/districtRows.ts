import type { NodeScene } from "../nodes/nodeScene";

/** What a search did in one district. */
export interface DistrictRow {
  readonly district: number;
  /** Its place by nearness to the query, 1 = nearest. */
  readonly rank: number;
  readonly visited: number;
  readonly expanded: number;
  readonly results: readonly bigint[];
  readonly missed: readonly bigint[];
}

/** The districts that a search came to or missed a neighbour in, nearest first. */
export function districtRows({ nodes, counts }: NodeScene, order: Int32Array): DistrictRow[] {
  const byDistrict = new Map<number, NodeScene["nodes"][number][]>();
  for (const node of nodes) {
    const others = byDistrict.get(node.district);
    if (others === undefined) byDistrict.set(node.district, [node]);
    else others.push(node);
  }
  const visited = new Set(nodes.slice(0, counts.visited));
  const rows: DistrictRow[] = [];
  order.forEach((district, i) => {
    const members = byDistrict.get(district);
    if (members === undefined) return;
    const of = (kind: string) => members.filter((node) => node.kind === kind).map(({ id }) => id);
    rows.push({
      district,
      rank: i + 1,
      visited: members.filter((node) => visited.has(node)).length,
      expanded: members.filter(({ isExpanded }) => isExpanded).length,
      results: of("result"),
      missed: of("missed"),
    });
  });
  return rows;
}
