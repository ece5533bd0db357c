import { describe, expect, it } from "vitest";
import { truthOf } from "../src/graph/model/truth";
import { GraphWalk } from "../src/graph/model/walk";
import { distanceScale, roundValues } from "../src/graph/views/layers/distanceScale";
import { MOST_DOTS } from "../src/graph/views/layers/dotPlot";
import { layersScene } from "../src/graph/views/layers/layersScene";
import type { LayersState } from "../src/graph/views/layers/layersState";
import { hopRows } from "../src/graph/views/layers/levelRows";
import { placeLabels } from "../src/graph/views/layers/nodeCaptions";
import { randomOf } from "./random";
import { layersStateOf, truthMessage, walkMessage } from "./walks";

const WIDTH = 900;
const HEIGHT = 560;
const measure = (text: string) => 6.4 * text.length;
const sceneOf = (state: LayersState, width = WIDTH, height = HEIGHT) => layersScene(state, width, height);

describe("the scale of distance", () => {
  it("has the nearest at the left, and more room the nearer", () => {
    const scale = distanceScale([2, 3, 4, 8, 30], 4, 0, 500, 1);
    expect(scale.isBroken).toBe(false);
    const places = [2, 3, 4, 8, 30].map(scale.x);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(scale.x(3) - scale.x(2)).toBeGreaterThan(scale.x(9) - scale.x(8));
    expect(scale.x(30)).toBeLessThanOrEqual(500);
    for (const [i, tick] of scale.ticks.entries()) {
      expect(tick.x).toBeCloseTo(scale.x(tick.key));
      if (i > 0) expect(tick.x - scale.ticks[i - 1].x).toBeGreaterThanOrEqual(52);
    }
    expect(scale.ticks.length).toBeGreaterThan(3);
  });

  it("puts what is far nearer than all others beyond a break, and one of a kind is no reason for it", () => {
    const broken = distanceScale([0, 0, 2, 2.2, 2.6, 9], 2.6, 0, 500, 1);
    expect([broken.isBroken, broken.low, broken.first]).toEqual([true, 2, 0]);
    expect(broken.x(0)).toBe(broken.beyondX);
    expect(broken.x(2)).toBeGreaterThan(broken.breakX);
    expect(distanceScale([1.8, 2, 2.2, 2.6, 9], 2.6, 0, 500, 1).isBroken).toBe(false);
  });

  it("turns similarities round", () => {
    const scale = distanceScale([-9, -8.5, -8, -3, 0.5], -8, 0, 500, -1);
    expect(scale.x(-9)).toBeLessThan(scale.x(0.5));
    expect(scale.ticks.map(({ key }) => -key)).toContain(8);
    expect(scale.ticks.map(({ key }) => key === 0)).toContain(true);
  });

  it("serves distances that are all equal, and none", () => {
    expect(distanceScale([3, 3, 3], 3, 0, 100, 1).x(3)).toBe(43);
    expect(distanceScale([], 1, 0, 100, 1).ticks).toEqual([]);
    expect(distanceScale([0, 0], 0, 0, 100, 1).x(0)).toBe(43);
  });

  it("names round values, the roundest first", () => {
    expect(roundValues(0.97, 1.34).slice(0, 4)).toEqual([1, 1.2, 1.1, 1.3]);
    expect(roundValues(2.5, 24)).toEqual(expect.arrayContaining([10, 20, 5, 3]));
    expect(roundValues(2.5, 24)[0]).toBe(10);
  });
});

describe("the levels", () => {
  const state = layersStateOf();
  const scene = sceneOf(state);

  it("are bands from the top level down, on one scale", () => {
    expect(scene.bands.map(({ level }) => level)).toEqual([3, 2, 1]);
    expect(scene.bands.map(({ nodes, compared }) => [nodes, compared])).toEqual([
      [3, 3],
      [12, 2],
      [120, 5],
    ]);
    const [top, middle, last] = scene.bands;
    expect(top.stays.map(({ id }) => id)).toEqual([90n, 80n]);
    expect(top.arcs.map(({ from, to }) => [from.id, to.id])).toEqual([[90n, 80n]]);
    expect(middle.arcs).toEqual([]);
    expect(middle.stays.map(({ id }) => id)).toEqual([80n]);
    expect(last.stays.map(({ id }) => id)).toEqual([80n, 40n]);
    // A node that the descent came to, or that was compared twice, is drawn once.
    expect(top.dots.map(({ id }) => id)).toEqual([95n]);
    expect(last.dots.map(({ id }) => id).sort()).toEqual([60n, 85n, 88n]);
    const at80 = scene.scale.x(8);
    expect([top.stays[1].x, middle.stays[0].x, last.stays[0].x]).toEqual([at80, at80, at80]);
  });

  it("are joined where the descent falls from one to the next, and onto its dot on level 0", () => {
    expect(scene.falls.map(({ x }) => x)).toEqual([8, 8, 4].map(scene.scale.x));
    expect(scene.falls[0]).toMatchObject({ top: scene.bands[0].base, bottom: scene.bands[1].base });
    const dot = scene.floor.plot.dots.find(({ id }) => id === 40n);
    expect(scene.falls[2]).toMatchObject({ endX: dot?.x, bottom: dot?.y });
    expect(Math.abs(scene.falls[2].x - scene.falls[2].endX)).toBeLessThanOrEqual(scene.floor.plot.pitch);
  });

  it("tell whether the descent ended at their nearest node", () => {
    expect(scene.bands.map(({ isOff }) => isOff)).toEqual([false, false, true]);
    expect(scene.bands[2].nearest).toMatchObject({ id: 20n, place: 2, x: scene.scale.x(2) });
    expect(scene.bands.map(({ sentence }) => sentence)).toEqual([
      "9.000 → 8.000, the level’s nearest",
      "stays at 8.000, the level’s nearest",
      "stays at 4.000, the level’s 2nd nearest",
    ]);
    expect(scene.bands[2].brief).toBe("2nd nearest of 120");
    const untold = sceneOf({ ...state, truth: null, missed: [] });
    expect(untold.bands.map(({ nearest }) => nearest)).toEqual([null, null, null]);
    expect(untold.bands[2].sentence).toBe("8.000 → 4.000");
  });

  it("follow the player: hops first, then expansions", () => {
    const at = (step: number) => sceneOf(layersStateOf(state.walk, state.truth, { step, missed: [] }));
    const first = at(0);
    expect(first.bands.map(({ state }) => state)).toEqual(["here", "ahead", "ahead"]);
    expect(first.bands[0].stays.map(({ id }) => id)).toEqual([90n]);
    expect([first.falls, first.floor.plot.dots, first.floor.start]).toEqual([[], [], null]);
    const second = at(2);
    expect(second.bands.map(({ state }) => state)).toEqual(["left", "here", "ahead"]);
    expect(second.bands[0].nearest).not.toBeNull();
    expect(second.bands[1]).toMatchObject({ compared: 0, sentence: "8.000 so far", nearest: null });
    expect(second.falls).toHaveLength(1);
    const landed = at(5);
    expect(landed.floor.plot.dots.map(({ id }) => id)).toEqual([40n]);
    expect(at(6).floor).toMatchObject({ expanded: 1, compared: 4 });
    // Dots keep their size.
    expect(new Set([0, 5, 6].map((step) => at(step).floor.plot.pitch)).size).toBe(1);
  });

  it("are none in a graph of one level", () => {
    const none = new Int32Array(0);
    const message = walkMessage({
      hop_levels: none,
      hop_from: new BigInt64Array(0),
      hop_to: new BigInt64Array(0),
      hop_distances: new Float32Array(0),
      hop_offsets: Int32Array.of(0),
      link_ids: new BigInt64Array(0),
      link_distances: new Float32Array(0),
      entry: 40n,
      entry_distance: Float32Array.of(4),
    });
    const truth = truthOf(
      truthMessage({
        level_nearest: new BigInt64Array(0),
        level_distances: new Float32Array(0),
        level_places: none,
      }),
      1,
    );
    const one = layersStateOf(new GraphWalk(message), truth, { levelSizes: [17] });
    const flat = sceneOf(one);
    expect([flat.bands, flat.falls]).toEqual([[], []]);
    expect(flat.floor.start).not.toBeNull();
    expect(placeLabels(one, flat, measure, false).labels.map(({ text }) => text)).toContain("entry point");
    expect(hopRows(one)).toEqual([]);
  });
});

describe("level 0", () => {
  const state = layersStateOf();
  const { floor, scale } = sceneOf(state);

  it("has no line at the last result where a second pass measures that", () => {
    expect(floor.plot.lastX).not.toBeNull();
    const again = sceneOf({ ...state, areResultsOfWalk: false }).floor.plot;
    expect(again.lastX).toBeNull();
    expect(again.barX).not.toBeNull();
  });

  const kind = (id: bigint) => floor.plot.dots.find((dot) => dot.id === id)?.kind;

  it("has a dot for every visited node, by what became of it, and for the missed", () => {
    expect(floor.plot.dots).toHaveLength(state.walk.visitedBy(2) + 1);
    expect([20n, 26n, 60n, 40n].map(kind)).toEqual(["result", "missed", "visited", "expanded"]);
    expect(floor.beyond).toBe(1);
    expect(floor.plot.dots.find(({ id }) => id === 100n)?.x).toBe(scale.beyondX);
  });

  it("has its results left of the line of k, and all else but the missed and the query right of it", () => {
    const { lastX, barX, dots } = floor.plot;
    expect(lastX).not.toBeNull();
    expect(barX).not.toBeNull();
    for (const dot of dots) {
      const isNear = dot.kind === "result" || dot.kind === "missed" || dot.id === 100n;
      expect(dot.x < (lastX as number)).toBe(isNear);
    }
    const keys = [...state.walk.distances.subarray(0, state.walk.visitedBy(2))].sort((a, b) => a - b);
    const inside = dots.filter(({ x, place }) => x < (barX as number) && place !== null);
    expect(inside.filter(({ kind }) => kind !== "missed")).toHaveLength(
      keys.filter((key) => key <= keys[1]).length,
    );
  });

  it("stacks dots that would cover each other", () => {
    const { dots, pitch } = floor.plot;
    for (const [i, one] of dots.entries()) {
      for (const other of dots.slice(0, i)) {
        const far = Math.max(Math.abs(one.x - other.x), Math.abs(one.y - other.y));
        expect(far).toBeGreaterThan(pitch - 0.01);
      }
      expect(one.y).toBeLessThan(floor.bottom);
    }
  });

  it("is made of bars where there are too many nodes, each of them still under the pointer", () => {
    const random = randomOf(3);
    const visits = MOST_DOTS + 200;
    const ids = BigInt64Array.from({ length: visits }, (_, i) => BigInt(i));
    const walk = new GraphWalk(
      walkMessage({
        id: null,
        ids,
        nodes: new Int32Array(visits),
        levels: new Uint8Array(visits),
        distances: Float32Array.from({ length: visits }, (_, i) => (i === 0 ? 4 : 2 + 3 * random())),
        expanded: Int32Array.of(0),
        first: Int32Array.of(1, visits),
        nearer: Int32Array.of(0),
      }),
    );
    const { floor: many } = sceneOf(layersStateOf(walk, null));
    expect(many.plot.bars.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(visits);
    expect(many.plot.dots).toHaveLength(visits);
    expect(Math.min(...many.plot.dots.map(({ y }) => y))).toBeGreaterThan(many.top);
  });

  it("turns similarities round", () => {
    const message = walkMessage();
    const turned = (values: Float32Array) => values.map((value) => 10 - value);
    const walk = new GraphWalk({
      ...message,
      distances: turned(message.distances) as Float32Array<ArrayBuffer>,
      link_distances: turned(message.link_distances) as Float32Array<ArrayBuffer>,
      hop_distances: turned(message.hop_distances) as Float32Array<ArrayBuffer>,
      entry_distance: turned(message.entry_distance) as Float32Array<ArrayBuffer>,
    });
    const scene = sceneOf(layersStateOf(walk, null, { similarity: true }));
    expect(scene.floor.plot.dots.filter(({ kind }) => kind === "result").map(({ id }) => id)).toEqual(
      expect.arrayContaining([20n, 22n, 24n]),
    );
    expect(scene.bands[0].stays[0].x).toBeGreaterThan(scene.bands[0].stays[1].x);
  });
});
