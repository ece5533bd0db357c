import { describe, expect, it } from "vitest";
import { css, mix, PALETTES, type Palette, rankColour, rgbOf } from "../src/look/palette";
import { nearestFirst } from "../src/model/candidateOrder";
import { candidatesAt } from "../src/model/candidates";
import { joined } from "../src/model/mapCells";
import { nearest, Probe } from "../src/model/probe";
import { rankCandidates } from "../src/model/rankedCandidates";
import { type Result, resultsAt } from "../src/model/results";
import { Search } from "../src/model/search";
import type { Missed } from "../src/model/truth";
import type { Projected } from "../src/state/projections";
import { camera } from "../src/views/clusters/camera";
import { cellColours, pack, rampColour } from "../src/views/clusters/cellColours";
import { paintOutlines } from "../src/views/clusters/painter";
import { type ClusterScene, cellRanking, missedCells } from "../src/views/clusters/scene";
import { paintCoarse, paintCoarseOverlay } from "../src/views/distances/coarseChart";
import { layoutCentroids, nprobeRadius } from "../src/views/distances/coarseScene";
import { drawnCandidates } from "../src/views/distances/drawnCandidates";
import { paintFine } from "../src/views/distances/fineChart";
import { arrange, clusterAt, fineContent, probedClusters } from "../src/views/distances/fineScene";
import { circleIn } from "../src/views/distances/layout";
import { angleOf, sectorAt } from "../src/views/distances/sectors";
import { paintOverlay, paintPoints } from "../src/views/points/painter";
import { pointsSelected } from "../src/views/points/points";
import type { PointContent } from "../src/views/points/scene";
import { marksOf } from "../src/views/projection/pictures";
import { foundIn, shownPoints, shownPositions } from "../src/views/projection/scene";
import { UNZOOMED } from "../src/views/viewport";
import { RecordingContext } from "./recordingContext";
import { candidatesOf, coarseOf, mapOf, missedOf, summaryOf } from "./support";

const { light, dark } = PALETTES;
const SIZE = { width: 800, height: 560, ratio: 1 };
const VIEWPORT = { size: SIZE, zoom: UNZOOMED };
const SIZES = [3, 4, 0, 5];
/** Clusters hold rows 0–2, 3–6, none and 7–11; the i-th row of cluster c is 10 c + i away. */
const summary = summaryOf(SIZES);
const search = new Search(coarseOf(summary), summary.sizes);
search.add(candidatesOf(summary, 1, 4));

const rank = (palette: Palette, of: number) => css(rankColour(palette, of));
const no = { get: () => null };
const missedAt = (id: bigint, clusterRank: number, place: number, distance: number): Missed =>
  missedOf({ id, clusterRank, cluster: clusterRank - 1, place, distance });

describe("the map", () => {
  const cells = joined([mapOf(SIZES)]);
  const scene: ClusterScene = {
    cells,
    ranking: cellRanking(search),
    probe: nearest(3),
    named: nearest(3),
    missed: [],
    marks: new Map(),
    query: null,
    hovered: null,
    pinned: null,
    hoveredRow: null,
    selected: new Set(),
  };
  const view = { size: SIZE, camera: camera(SIZE, cells.aspect, UNZOOMED) };

  it("dashes the outline of a cell with missed neighbours", () => {
    const recording = new RecordingContext();
    const missed = missedCells(new Map([[3, 2]]), search);
    paintOutlines(recording.context, { ...scene, missed }, light, view);
    expect(recording.in(light.danger, { kind: "stroke", dash: [4, 3] })).toHaveLength(1);
  });

  it.each([light, dark])(
    "outlines the chosen cell in the colour of text, inside its edge and its dashes",
    (palette) => {
      const recording = new RecordingContext();
      const missed = missedCells(new Map([[3, 2]]), search);
      paintOutlines(recording.context, { ...scene, missed, pinned: 3, hovered: 0 }, palette, view);
      expect(recording.drawn.map(({ colour, width }) => [colour, width])).toEqual([
        [palette.danger, 2.5],
        [palette.text, 2],
        [palette.text, 1.25],
      ]);
      const [dashes, chosen] = recording.drawn.map(({ shape }) => boxOfShape(shape));
      for (const side of [0, 1]) {
        expect(chosen[side] - dashes[side]).toBeGreaterThan(2);
        expect(dashes[side + 2] - chosen[side + 2]).toBeGreaterThan(2);
      }
    },
  );

  it("dashes no more of a huge cell than the part that the canvas shows", () => {
    const recording = new RecordingContext();
    const missed = missedCells(new Map([[3, 2]]), search);
    const [x, y] = [cells.centres[6], cells.centres[7]];
    const near = camera(SIZE, cells.aspect, { k: 3000, x: 0, y: 0 });
    // Its left side is in the middle of the canvas.
    const left = Math.min(...cells.points.filter((_, i) => i % 2 === 0 && i >= 2 * cells.offsets[3]));
    const moved = { ...near, tx: 400 - left * near.sx, ty: 280 - y * near.sy };
    expect(x * near.sx).toBeGreaterThan(100_000);
    paintOutlines(recording.context, { ...scene, missed }, light, { size: SIZE, camera: moved });
    const [{ shape }] = recording.in(light.danger, { dash: [4, 3] });
    const box = boxOfShape(shape);
    expect(box[0]).toBeGreaterThan(401);
    expect(box[0]).toBeLessThan(406);
    expect([box[1], box[2], box[3]]).toEqual([-20, 820, 580]);
  });

  it.each([light, dark])("colours probed cells by rank and the others by nearness", (palette) => {
    const { fill, edge } = cellColours({ ...scene, probe: new Probe([1, 4]) }, palette);
    expect([...edge]).toEqual([pack(rankColour(palette, 1)), 0, 0, pack(rankColour(palette, 4))]);
    expect(fill[1]).not.toBe(fill[2]);
    const plain = cellColours({ ...scene, ranking: null }, palette);
    expect(new Set(plain.fill)).toEqual(new Set([pack(palette.plain)]));
  });

  it.each([light, dark])("colours the nearest cell that is not probed paler than rank 1", (palette) => {
    const background = rgbOf(palette.background);
    const away = (colour: readonly number[]) =>
      Math.hypot(...colour.map((value, i) => value - background[i]));
    const probed = mix(background, rankColour(palette, 1), palette.fill);
    expect(away(rampColour(palette, 1))).toBeLessThan(0.75 * away(probed));
  });
});

describe("the coarse step of Distances", () => {
  const layout = layoutCentroids(search, false, circleIn(SIZE));
  const drawn = (nprobe: number, palette = light, probe = nearest(nprobe)) => {
    const recording = new RecordingContext();
    paintCoarse(recording.context, { layout, nprobe, probe }, palette, SIZE);
    return recording;
  };

  it("draws the probed centroids in their ranks' colours inside the circle of nprobe", () => {
    const recording = drawn(2);
    expect(recording.in(rank(light, 2), { kind: "stroke" })).toHaveLength(1);
    expect(recording.in(rank(light, 4), { kind: "stroke" })).toHaveLength(0);
    const [circle] = recording.in(light.accent, { kind: "stroke" });
    expect(circle.shape).toContain(`,${Math.round(10 * nprobeRadius(layout, 2)) / 10},`);
    expect(recording.texts).toEqual(expect.arrayContaining(["1", "2"]));
  });

  it("draws clusters that are switched by hand as they are probed, whatever nprobe", () => {
    const recording = drawn(2, light, new Probe([1, 4]));
    expect(recording.in(rank(light, 2), { kind: "stroke" })).toHaveLength(0);
    expect(recording.in(rank(light, 4), { kind: "stroke" })).toHaveLength(1);
    expect(recording.texts).toEqual(expect.arrayContaining(["1", "4"]));
    expect(recording.texts).not.toContain("2");
  });

  it("writes no rank on the small disc of an empty cluster", () => {
    expect(drawn(4).texts).not.toContain("3");
  });

  it("outlines the pinned disc and the one under the pointer", () => {
    const recording = new RecordingContext();
    const scene = { layout, pinnedRank: 2, hoveredRank: 0 };
    paintCoarseOverlay(recording.context, scene, dark, SIZE);
    expect(recording.drawn).toMatchObject([{ kind: "stroke", colour: dark.text, width: 2.5 }]);
  });

  it("is drawn on the page's own background", () => {
    expect(drawn(1, dark).drawn[0]).toMatchObject({ kind: "cover", colour: dark.background });
  });
});

describe("the candidates of Distances", () => {
  interface State {
    probe?: Probe;
    missed?: readonly Missed[];
    results?: readonly Result[];
    k?: number;
    probed?: number;
    pinned?: number | null;
  }
  const contentOf = ({ probe = nearest(2), missed = [], k = 3, pinned = null, ...rest }: State = {}) => {
    const set = candidatesAt(search, probe);
    const ranked = rankCandidates(set, nearestFirst(set.distances, false), probe, missed, search, false);
    const results = rest.results ?? resultsAt(search, probe, k, false);
    const clusters = probedClusters(search, probe);
    const drawn = drawnCandidates(ranked, results, probe, false);
    const probed = rest.probed ?? probe.count;
    const shown = { probed, pinned, results, outcome: null, k };
    return fineContent(drawn, arrange(ranked, drawn.set, clusters, SIZE), clusters, shown);
  };
  const drawn = (state: State = {}, palette = light, selection: readonly bigint[] = []) => {
    const recording = new RecordingContext();
    const content = contentOf(state);
    const selected = pointsSelected(content.points, new Set(selection));
    paintFine(recording.context, { ...content, selected, emphasised: null }, palette, VIEWPORT, no);
    return recording;
  };
  const sectorOf = ({ chart, positions }: ReturnType<typeof contentOf>, point: number) => {
    if (chart === null) throw new Error("nothing is drawn");
    const { circle, sectors } = chart;
    return sectorAt(sectors, angleOf(positions[2 * point] - circle.x, positions[2 * point + 1] - circle.y));
  };

  it("lie inside the dashed circle of the k-th result, which has its name", () => {
    const { chart } = contentOf();
    const recording = drawn();
    expect(recording.texts).toContain("k = 3");
    const [circle] = recording.in(light.text, { kind: "stroke", dash: [5, 4] });
    expect(circle.shape).toContain(`,${Math.round(10 * (chart?.scale.radius(2) ?? 0)) / 10},`);
  });

  it("have sectors in the colours of their clusters' ranks, with rank and number", () => {
    const recording = drawn();
    expect(recording.in(rank(light, 1), { kind: "stroke", width: 3 })).toHaveLength(1);
    expect(recording.in(rank(light, 2), { kind: "stroke", width: 3 })).toHaveLength(1);
    expect(recording.texts).toEqual(expect.arrayContaining(["1", " · cluster 0", "2", " · cluster 1"]));
  });

  it("say that a probed cluster is empty", () => {
    expect(drawn({ probe: nearest(3) }).texts).toContain(" · cluster 2, empty");
  });

  it("keep the colour of the page for clusters that the player has not come to", () => {
    const recording = drawn({ probed: 1 });
    expect(recording.in(rank(light, 2), { kind: "stroke", width: 3 })).toHaveLength(0);
    expect(contentOf({ probed: 1 }).points.count).toBe(3);
  });

  it("have a dashed sector for missed neighbours of clusters that are not probed", () => {
    const state = { missed: [missedAt(7n, 4, 2, 30)] };
    const recording = drawn(state);
    expect(recording.texts).toContain("not probed");
    expect(recording.in(light.danger, { kind: "stroke", width: 3, dash: [5, 4] })).toHaveLength(1);
    const content = contentOf(state);
    expect(content.marks.at(-1)).toMatchObject({ point: 7, isMissed: true });
    expect(sectorOf(content, 7)).toBe(3);
    expect(clusterAt(content, ...placeOf(content, 7))).toBeNull();
  });

  it("hold a neighbour that the code lost: dashed, in its own sector, as far as its code says", () => {
    const state = { missed: [missedAt(5n, 2, 1, 0.5)] };
    const content = contentOf(state);
    const mark = content.marks.find(({ isMissed }) => isMissed);
    expect(mark).toMatchObject({ point: 5, place: 1 });
    expect(content.points.distances[5]).toBe(12);
    expect(sectorOf(content, 5)).toBe(2);
    const [x, y] = placeOf(content, 5);
    const { circle, scale } = content.chart ?? { circle: { x: 0, y: 0 }, scale: null };
    expect(Math.hypot(x - circle.x, y - circle.y)).toBeCloseTo(scale?.radius(12) ?? 0, 6);
    const recording = drawn(state);
    expect(recording.texts).not.toContain("not probed");
    expect(recording.in(light.danger, { kind: "stroke", dash: [3.5, 2.5] })).toHaveLength(1);
  });

  it("mark every row of an id that several rows share", () => {
    const sizes = summaryOf([2, 2]);
    const twice = new Search(coarseOf(sizes), sizes.sizes);
    twice.add({ ...candidatesOf(sizes, 1, 2), ids: BigInt64Array.of(7n, 8n, 7n, 9n) });
    const probe = nearest(2);
    const set = candidatesAt(twice, probe);
    const ranked = rankCandidates(set, nearestFirst(set.distances, false), probe, [], twice, false);
    const results = resultsAt(twice, probe, 4, false);
    const { found } = drawnCandidates(ranked, results, probe, false);
    expect(found.map(({ point, place }) => [point, place])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it("show what is selected by a ring in the colour of text", () => {
    const before = drawn().in(light.text, { kind: "stroke", width: 2.5 });
    const after = drawn({}, light, [0n]).in(light.text, { kind: "stroke", width: 2.5 });
    expect([before.length, after.length]).toEqual([0, 1]);
    expect(
      drawn({}, light, [6n]).in(light.text.replace(/.*/, "rgb(27 31 39)"), { kind: "fill" }),
    ).toHaveLength(1);
  });

  it("outline the sector of the pinned cluster", () => {
    expect(drawn({ pinned: 1 }).in(light.text, { kind: "stroke", width: 1.5, dash: [] })).toHaveLength(1);
  });

  it("take the dark palette's colours", () => {
    const recording = drawn({ missed: [missedAt(7n, 4, 2, 30)] }, dark);
    expect(recording.drawn[0]).toMatchObject({ kind: "cover", colour: dark.background });
    expect(recording.in(rank(dark, 2), { kind: "stroke", width: 3 })).toHaveLength(1);
    const lightColours = new Set([light.text, light.danger, light.muted, rank(light, 1), rank(light, 2)]);
    expect(recording.drawn.filter(({ colour }) => lightColours.has(colour))).toEqual([]);
  });

  it("are nothing but the background where all probed clusters are empty", () => {
    const content = contentOf({ probe: new Probe([3]) });
    expect(content.chart).toBeNull();
    expect(drawn({ probe: new Probe([3]) }).drawn.map(({ kind }) => kind)).toEqual(["cover"]);
  });
});

describe("the projection", () => {
  const picture: Projected = {
    serial: 1,
    ranks: 2,
    method: "PCA",
    final: true,
    sampled: false,
    total: 5,
    drawnIn: 0,
    ids: BigInt64Array.of(0n, 1n, 3n, 4n, 7n),
    distances: Float32Array.of(0, 1, 10, 11, 30),
    rankOf: Uint32Array.of(1, 1, 2, 2, 4),
    starts: Uint32Array.of(0, 2, 4, 4, 5),
    positions: new Float32Array(10),
    query: new Float32Array(2),
  };
  const positions = Float32Array.of(100, 100, 200, 100, 300, 100, 400, 300, 500, 300);
  const contentOf = (probe: Probe, missed: readonly Missed[] = []): PointContent => {
    const shown = shownPoints(picture, (rank) => probe.has(rank), missed);
    const found = foundIn(resultsAt(search, probe, 1, false), missed, picture);
    const query = { x: 600, y: 200 };
    const marks = marksOf(found, { positions, query }, SIZE);
    return { points: shown.points, positions: shownPositions(positions, shown), marks, query };
  };
  const drawn = (content: PointContent, palette = light, emphasised: number | null = null) => {
    const recording = new RecordingContext();
    paintPoints(recording.context, { ...content, selected: null, emphasised }, palette, VIEWPORT, no);
    return recording;
  };

  it("draws the candidates of probed clusters and no others", () => {
    const recording = drawn(contentOf(nearest(1)));
    // Row 0 is a result, drawn as a picture.
    expect(recording.in(rank(light, 1), { kind: "fill" })).toHaveLength(1);
    expect(recording.in(rank(light, 2), { kind: "fill" })).toHaveLength(0);
    expect(drawn(contentOf(nearest(2))).in(rank(light, 2), { kind: "fill" })).toHaveLength(2);
  });

  it("frames a result in its cluster's colour, with its place, and dashes a missed neighbour", () => {
    const recording = drawn(contentOf(nearest(2), [missedAt(7n, 4, 3, 30)]));
    expect(recording.in(rank(light, 1), { kind: "stroke", width: 2.5, dash: [] })).toHaveLength(1);
    expect(recording.in(light.danger, { kind: "stroke", dash: [3.5, 2.5] })).toHaveLength(1);
    expect(recording.texts.sort()).toEqual(["1", "3"]);
  });

  it("shows a missed neighbour, and no copy of it in another cluster that is not probed", () => {
    const isShown = shownPoints(
      { ...picture, ids: BigInt64Array.from(picture.ids, (id) => (id === 3n ? 7n : id)) },
      (rank) => rank === 1,
      [missedAt(7n, 4, 3, 30)],
    ).isShown;
    expect([...picture.ids].filter((_, i) => isShown[i] === 1)).toEqual([0n, 1n, 7n]);
  });

  it("has other clusters stand back from the one that is pointed at", () => {
    const fills = drawn(contentOf(nearest(2)), dark, 2).in(rank(dark, 1), { kind: "fill" });
    expect(fills).toHaveLength(0);
    expect(drawn(contentOf(nearest(2)), dark, 2).in(rank(dark, 2), { kind: "fill" })).toHaveLength(2);
  });

  it("has a halo around each point of the rows under the pointer, and a dashed outline of a selection", () => {
    const recording = new RecordingContext();
    const overlay = { points: [2, 3], outline: [0, 0, 50, 0, 50, 50] };
    const shown = { ...contentOf(nearest(2)), selected: null, emphasised: null };
    paintOverlay(recording.context, shown, overlay, light, VIEWPORT);
    expect(recording.in(light.text, { kind: "stroke", width: 2 })).toHaveLength(2);
    expect(recording.in(light.accent, { kind: "stroke", dash: [4, 3] })).toMatchObject([
      { shape: "L0,0 L50,0 L50,50 Z" },
    ]);
  });
});

function placeOf({ positions }: PointContent, point: number): [number, number] {
  return [positions[2 * point], positions[2 * point + 1]];
}

/** Left, top, right and bottom of a path. */
function boxOfShape(shape: string): [number, number, number, number] {
  const points = [...shape.matchAll(/(-?[\d.]+),(-?[\d.]+)(?= |$)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}
