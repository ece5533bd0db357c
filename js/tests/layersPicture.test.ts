import { describe, expect, it } from "vitest";
import { pathTo, pointNear, pointsOf } from "../src/graph/views/layers/hovered";
import { paintLayers } from "../src/graph/views/layers/layersPainter";
import { type LayersScene, layersScene } from "../src/graph/views/layers/layersScene";
import type { LayersState } from "../src/graph/views/layers/layersState";
import { layersText } from "../src/graph/views/layers/layersText";
import { hopRows } from "../src/graph/views/layers/levelRows";
import { wordsOf } from "../src/graph/views/layers/levelWords";
import { LINE, placeLabels } from "../src/graph/views/layers/nodeCaptions";
import { takenBy } from "../src/graph/views/layers/obstacles";
import { PALETTES } from "../src/look/palette";
import { type Box, boxAround } from "../src/views/placer";
import { RecordingContext } from "./recordingContext";
import { layersStateOf } from "./walks";

const WIDTH = 900;
const HEIGHT = 560;
const measure = (text: string) => 6.4 * text.length;
const sceneOf = (state: LayersState, width = WIDTH, height = HEIGHT) => layersScene(state, width, height);
const lap = (a: Box, b: Box) =>
  Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.01 &&
  Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.01;

describe("labels and pictures", () => {
  const boxesOf = (scene: LayersScene, state: LayersState) => {
    const { labels, portraits } = placeLabels(state, scene, measure, true);
    const boxes = labels.map(({ x, y, width }) => boxAround(x + width / 2, y, width, LINE));
    for (const { left, top, side } of portraits)
      boxes.push({ left, top, right: left + side, bottom: top + side });
    return boxes;
  };

  it.each([
    [340, 380],
    [700, 380],
    [900, 560],
    [1400, 700],
  ])("cover neither each other nor a node, an arrow or a line, at %d × %d", (width, height) => {
    for (const ef of [1, 2, 3, 4, 8]) {
      for (const step of [null, 1, 3, 6]) {
        const state = layersStateOf(undefined, undefined, { ef, step });
        const scene = sceneOf(state, width, height);
        const boxes = boxesOf(scene, state);
        for (const [i, box] of boxes.entries()) {
          for (const other of boxes.slice(0, i)) expect(lap(box, other)).toBe(false);
          for (const taken of takenBy(scene)) expect(lap(box, taken)).toBe(false);
          expect(box.left).toBeGreaterThanOrEqual(scene.frame.plotLeft - 4);
          expect(box.right).toBeLessThanOrEqual(width);
        }
      }
    }
  });

  it("name the lines, the nodes that the descent stayed at, and the level's nearest one where that was missed", () => {
    const state = layersStateOf();
    const { labels, portraits } = placeLabels(state, sceneOf(state), measure, true);
    const texts = labels.map(({ text }) => text);
    expect(texts).toEqual(expect.arrayContaining(["k = 4", "query", "entry point", "80", "40"]));
    expect(labels.find(({ tone }) => tone === "danger")?.text).toBe("20");
    expect(portraits.map(({ id, kind, rank }) => [id, kind, rank])).toEqual(
      expect.arrayContaining([
        [90n, "stay", null],
        [80n, "stay", null],
        [40n, "stay", null],
        [20n, "rival", null],
        [26n, "missed", 4],
      ]),
    );
    expect(placeLabels(state, sceneOf(state), measure, false).portraits).toEqual([]);
  });

  it("are words beside each level, as many lines as there is room for", () => {
    const state = layersStateOf();
    const lines = (height: number) =>
      wordsOf(state, sceneOf(state, WIDTH, height), measure, "squared L2 distance");
    const roomy = lines(HEIGHT);
    expect(roomy.filter(({ bold }) => bold !== "").map(({ bold, text }) => `${bold}: ${text}`)).toEqual([
      "Level 3: 3 nodes, 3 distances",
      "Level 2: 12 nodes, 2 distances",
      "Level 1: 120 nodes, 5 distances",
      "Level 0: 1,000 nodes, 12 distances",
    ]);
    expect(roomy.filter(({ tone }) => tone === "danger").map(({ text }) => text)).toEqual([
      "stays at 4.000, the level’s 2nd",
      "nearest",
      "1 missed",
    ]);
    const tight = lines(150).filter(({ level }) => level > 0);
    expect(tight.map(({ text }) => text)).toEqual(["nearest of 3", "nearest of 12", "2nd nearest of 120"]);
  });
});

describe("the picture", () => {
  it.each([PALETTES.light, PALETTES.dark])(
    "draws the missed dashed and the rival's diamond in red",
    (palette) => {
      const state = layersStateOf();
      const scene = sceneOf(state);
      const recording = new RecordingContext();
      const size = { width: WIDTH, height: HEIGHT, ratio: 1 };
      const labels = placeLabels(state, scene, measure, false);
      paintLayers(recording.context, size, scene, labels, wordsOf(state, scene, measure, "L2"), palette, 1);
      expect(recording.in(palette.danger, { kind: "stroke", dash: [2.5, 1.75] })).toHaveLength(1);
      expect(recording.in(palette.danger, { kind: "stroke", dash: [] })).toHaveLength(1);
      expect(recording.texts).toEqual(expect.arrayContaining(["Level 3", "k = 4", "20"]));
    },
  );

  it("says the same in words", () => {
    const text = layersText(layersStateOf(), "squared L2 distance");
    expect(text).toContain("Level 3: 3 nodes, 3 distances, left at row 80 at 8.000, its nearest node.");
    expect(text).toContain("left at row 40 at 4.000, its 2nd nearest; its nearest is row 20.");
    expect(text).toContain("13 nodes visited, 4 nodes expanded. Missed: row 26.");
  });
});

describe("the pointer", () => {
  it("finds the nearest node of any level, and the path by which the walk came to it", () => {
    const state = layersStateOf();
    const scene = sceneOf(state);
    const points = pointsOf(scene);
    for (const { id, x, y } of [scene.bands[0].dots[0], scene.floor.plot.dots[2]]) {
      expect(pointNear(points, x + 1, y - 1, 12)?.id).toBe(id);
    }
    expect(pointNear(points, 2, 2, 12)).toBeNull();
    expect(pathTo(state.walk, 24n)).toEqual([40n, 30n, 20n, 100n, 24n]);
    expect(pathTo(state.walk, 5n)).toEqual([]);
  });
});

describe("the table", () => {
  it("has a row for every hop, with the place at which a level was left", () => {
    const rows = hopRows(layersStateOf());
    expect(rows.map(({ level, from, compared, nearest }) => [level, from, compared, nearest.id])).toEqual([
      [3, 90n, 2, 80n],
      [3, 80n, 1, 80n],
      [2, 80n, 2, 80n],
      [1, 80n, 3, 40n],
      [1, 40n, 2, 40n],
    ]);
    expect(rows.map(({ place, rival }) => [place, rival?.id ?? null])).toEqual([
      [null, null],
      [1, 80n],
      [1, 80n],
      [null, null],
      [2, 20n],
    ]);
    expect(hopRows(layersStateOf(undefined, undefined, { step: 2 }))).toHaveLength(2);
  });
});
