import { beforeEach, describe, expect, it } from "vitest";
import { PALETTES } from "../src/look/palette";
import { joined } from "../src/model/mapCells";
import { nearest } from "../src/model/probe";
import { Search } from "../src/model/search";
import { Asker } from "../src/protocol/asker";
import { MemberLists } from "../src/state/memberLists";
import { camera } from "../src/views/clusters/camera";
import { frameOf } from "../src/views/clusters/layers/layer";
import { MapContent } from "../src/views/clusters/mapContent";
import type { TileKind } from "../src/views/clusters/mosaic/cellTiles";
import { Medoids } from "../src/views/clusters/mosaic/medoids";
import { NearestRows } from "../src/views/clusters/mosaic/nearestRows";
import type { TileImages } from "../src/views/clusters/mosaic/tileImages";
import { type ClusterScene, cellRanking, missedCells, rowMarks } from "../src/views/clusters/scene";
import { UNZOOMED } from "../src/views/viewport";
import { candidatesOf, coarseOf, FakeTransport, mapOf, missedOf, settled, summaryOf } from "./support";

const SIZE = { width: 800, height: 560, ratio: 1 };
/** A hundred clusters of 30 rows: row i of cluster c is number 30 c + i. */
const SIZES = Array<number>(100).fill(30);
const summary = summaryOf(SIZES);
const cells = joined([mapOf(SIZES)]);
const ROW = { id: 1n, distance: 1, clusterRank: 1, cluster: 0 };

let transport: FakeTransport;
beforeEach(() => {
  transport = new FakeTransport();
});

function open(changes: Partial<ClusterScene> = {}, search: Search | null = null, kind: TileKind = "picture") {
  const asker = new Asker(transport, new AbortController().signal);
  const lists = new MemberLists(summary, asker);
  lists.orderFor(search, summary);
  const wanted: { cluster: number; id: bigint; side: number }[] = [];
  const images = {
    get: () => null,
    want: (tiles: typeof wanted) => wanted.splice(0, wanted.length, ...tiles),
  } as unknown as TileImages;
  const rows = search && new NearestRows(search, false);
  const scene: ClusterScene = {
    cells,
    ranking: search && cellRanking(search),
    probe: nearest(0),
    named: nearest(0),
    missed: [],
    marks: new Map(),
    query: null,
    hovered: null,
    pinned: null,
    hoveredRow: null,
    selected: new Set(),
    ...changes,
  };
  const medoids = new Medoids(asker, () => content.renew());
  const sources = { kind, lists, medoids, images, nearestOf: (cell: number) => rows?.of(cell) ?? null };
  const content = new MapContent(sources, scene, PALETTES.light);
  return { content, scene, wanted, medoids, lists };
}

/** What the canvas shows where the map is enlarged about its upper left corner. */
function frameAt(k: number) {
  return frameOf(cells, SIZE, camera(SIZE, cells.aspect, { ...UNZOOMED, k }), k, "#ffffff");
}

function searchOf(): Search {
  const search = new Search(coarseOf(summary), summary.sizes);
  search.add(candidatesOf(summary, 1, 100));
  return search;
}

async function sayMedoids(idOf: (cluster: number) => number) {
  const { request, clusters } = transport.last("medoids");
  const ids = BigInt64Array.from(clusters, (cluster) => BigInt(idOf(cluster)));
  transport.say({ kind: "medoids", request, clusters: Int32Array.from(clusters), ids });
  await settled();
}

describe("a cell with little room", () => {
  it("shows the row nearest to its centroid, with 1.34 times the radius of its circle", async () => {
    const { content, wanted } = open();
    const frame = frameAt(1);
    const all = Array.from(SIZES, (_, cell) => cell);
    for (const cell of all) expect(content.contentOf(cell, frame).tiles).toEqual([]);
    content.request(frame, all);
    expect([...transport.last("medoids").clusters].sort((a, b) => a - b)).toEqual(all);
    await sayMedoids((cluster) => 30 * cluster);
    const [tile] = content.contentOf(7, frame).tiles;
    expect(tile).toMatchObject({ id: 210n, cluster: 7, alpha: 1, index: -1 });
    expect(tile.width).toBeCloseTo(1.34 * cells.inradii[7] * Math.min(frame.sx, frame.sy), 3);
    content.request(frame, all);
    expect(wanted).toHaveLength(100);
  });

  it("shows nothing where the picture would have less than 13 pixels", () => {
    const { content } = open({}, searchOf());
    const frame = { ...frameAt(1), sx: 200, sy: 140 };
    expect(content.contentOf(3, frame)).toEqual({ tiles: [], tiling: null });
    content.request(frame, [3]);
    expect(transport.all("medoids")).toEqual([]);
  });

  it("shows the row nearest to the query where its cluster is probed or holds missed neighbours", () => {
    const search = searchOf();
    const { content } = open({ probe: nearest(2), missed: missedCells(new Map([[5, 1]]), search) }, search);
    const frame = frameAt(1);
    const shown = [0, 1, 5, 6].map((cell) => content.contentOf(cell, frame).tiles[0]?.id);
    expect(shown).toEqual([0n, 30n, 150n, undefined]);
  });

  it("fades where the cluster is neither probed nor holds missed neighbours", async () => {
    const search = searchOf();
    const missed = missedCells(new Map([[5, 1]]), search);
    const { content, medoids } = open({ probe: nearest(1), missed }, search);
    medoids.need([6]);
    await sayMedoids(() => 9);
    const frame = frameAt(1);
    expect([0, 5, 6].map((cell) => content.contentOf(cell, frame).tiles[0].alpha)).toEqual([1, 1, 0.6]);
  });

  it("shows no vector, which would be noise", () => {
    const { content } = open({ probe: nearest(2) }, searchOf(), "vector");
    expect(content.contentOf(0, frameAt(1)).tiles).toEqual([]);
  });
});

describe("a cell of 120 pixels and more", () => {
  it("shows its members, nearest first, from the candidates of the search", () => {
    const { content } = open({ probe: nearest(2) }, searchOf());
    const { tiles, tiling } = content.contentOf(0, frameAt(4));
    expect(tiling?.places).toHaveLength(60);
    expect(tiles.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, i) => BigInt(i)));
    expect(transport.requests).toEqual([]);
  });

  it("asks for the nearest members of all cells at once", async () => {
    const { content, lists } = open();
    const frame = frameAt(4);
    const visible = [0, 1, 10, 11];
    for (const cell of visible) expect(content.contentOf(cell, frame).tiling).toBeNull();
    content.request(frame, visible);
    const { request, clusters, offset } = transport.last("members");
    expect([[...clusters].sort((a, b) => a - b), offset]).toEqual([visible, 0]);
    expect(transport.all("medoids")).toEqual([]);
    const ids = clusters.flatMap((cluster) => Array.from({ length: 30 }, (_, i) => BigInt(30 * cluster + i)));
    transport.say({
      kind: "members",
      request,
      offset,
      serial: 0,
      clusters: Int32Array.from(clusters),
      totals: Int32Array.from(clusters, () => 30),
      counts: Int32Array.from(clusters, () => 30),
      ids: BigInt64Array.from(ids),
      distances: new Float32Array(ids.length).fill(Number.NaN),
    });
    await settled();
    expect(lists.revision.value).toBe(4);
    content.renew();
    const shown = content.contentOf(11, frame).tiles.map(({ id }) => id);
    expect(shown.slice(0, 3)).toEqual([330n, 331n, 332n]);
  });

  it("shows only the tiles that lie in the layer, and has only these loaded, the nearest first", () => {
    const { content, wanted } = open({ probe: nearest(2) }, searchOf());
    const frame = { ...frameAt(12), right: frameAt(12).left + 150 };
    const { tiles } = content.contentOf(0, frame);
    expect(tiles.length).toBeGreaterThan(0);
    expect(tiles.length).toBeLessThan(30);
    for (const { x, width } of tiles) expect(x - width / 2).toBeLessThanOrEqual(frame.right);
    content.request(frame, [0]);
    expect(wanted.map(({ id }) => id)).toEqual(tiles.map(({ id }) => id));
    expect(wanted[0].side).toBeCloseTo(tiles[0].width, 6);
  });

  it("marks results and missed neighbours by their true place, and fades the other rows of unprobed clusters", () => {
    const search = searchOf();
    const lost = missedOf({ id: 61n, clusterRank: 3, cluster: 2, place: 4, distance: 21 });
    const truth = { neighbours: [ROW], better: 1, tied: [], foundAt: [1], turns: [1] };
    const missed = missedCells(new Map([[2, 1]]), search);
    const marks = rowMarks([ROW], [lost], truth);
    const { content } = open({ probe: nearest(1), missed, marks, query: 0n }, search);
    const rowsOf = (cell: number) => content.contentOf(cell, frameAt(4)).tiles;
    expect(rowsOf(0).slice(0, 2)).toMatchObject([
      { id: 0n, mark: null, alpha: 1, isQuery: true, rank: 1 },
      { id: 1n, mark: { isMissed: false, place: 1 }, alpha: 1, isQuery: false, rank: 1 },
    ]);
    expect(rowsOf(2).slice(0, 2)).toMatchObject([
      { id: 60n, mark: null, alpha: 0.6, rank: 0 },
      { id: 61n, mark: { isMissed: true, place: 4 }, alpha: 1, rank: 0 },
    ]);
  });

  it("shows labels in wider tiles where rows have no pictures", () => {
    const { content } = open({ probe: nearest(1) }, searchOf(), "label");
    const [first] = content.contentOf(0, frameAt(12)).tiles;
    expect(first.isText).toBe(true);
    expect(first.width).toBeGreaterThan(1.5 * first.height);
  });

  it("shows nothing of an empty cluster", () => {
    const empty = { ...cells, inradii: cells.inradii.map((radius, i) => (i === 4 ? 0 : radius)) };
    const { content } = open({ cells: empty }, searchOf());
    expect(content.contentOf(4, { ...frameAt(4), cells: empty })).toEqual({ tiles: [], tiling: null });
  });
});

describe("the marks of rows", () => {
  it("have no place among the true neighbours where none is known", () => {
    expect(rowMarks([ROW], [], null).get(0)?.get(1n)).toEqual({ isMissed: false, place: null });
  });

  it("are told apart by their clusters where rows share an id", () => {
    const truth = { neighbours: [{ ...ROW, cluster: 3 }], better: 1, tied: [], foundAt: [1], turns: [1] };
    const marks = rowMarks([ROW], [], truth);
    expect(marks.get(0)?.get(1n)).toEqual({ isMissed: false, place: null });
    expect(marks.has(3)).toBe(false);
  });
});

describe("medoids", () => {
  it("are asked for once, and again after a lost answer or a change of the index", async () => {
    const asked: (readonly number[])[] = [];
    const answers: ((answer: unknown) => void)[] = [];
    const asker = {
      medoids: (clusters: readonly number[]) => {
        asked.push(clusters);
        return new Promise((resolve) => answers.push(resolve));
      },
    } as unknown as Asker;
    let changes = 0;
    const medoids = new Medoids(asker, () => changes++);
    medoids.need([3, 5]);
    medoids.need([3, 5]);
    answers[0](null);
    await settled();
    medoids.need([3, 5]);
    answers[1]({ clusters: Int32Array.of(3), ids: BigInt64Array.of(7n) });
    await settled();
    expect([medoids.get(3), medoids.get(5), changes]).toEqual([7n, null, 2]);
    medoids.need([3, 5, 6]);
    medoids.clear();
    answers[2]({ clusters: Int32Array.of(6), ids: BigInt64Array.of(9n) });
    await settled();
    expect([medoids.get(3), medoids.get(6)]).toEqual([null, null]);
    medoids.need([3, 5, 6]);
    expect(asked).toEqual([[3, 5], [3, 5], [6], [3, 5, 6]]);
  });

  it("are asked for in portions", () => {
    const asked: number[] = [];
    const asker = {
      medoids: (clusters: readonly number[]) => new Promise(() => asked.push(clusters.length)),
    };
    new Medoids(asker as unknown as Asker, () => {}).need(Array.from({ length: 600 }, (_, i) => i));
    expect(asked).toEqual([256, 256, 88]);
  });
});
