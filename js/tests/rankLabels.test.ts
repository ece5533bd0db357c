import { describe, expect, it } from "vitest";
import { PALETTES } from "../src/look/palette";
import { joined } from "../src/model/mapCells";
import { nearest, Probe } from "../src/model/probe";
import { Search } from "../src/model/search";
import { camera } from "../src/views/clusters/camera";
import { paintLabels } from "../src/views/clusters/labelPainter";
import { type CellLook, mapLabels, titlesOf } from "../src/views/clusters/rankLabels";
import { type ClusterScene, cellRanking, missedCells } from "../src/views/clusters/scene";
import type { Box } from "../src/views/placer";
import { UNZOOMED } from "../src/views/viewport";
import { RecordingContext } from "./recordingContext";
import { coarseOf, mapOf, summaryOf } from "./support";

const SIZE = { width: 800, height: 560, ratio: 1 };
const NOTHING: CellLook = { mosaic: null, top: 0, more: 0, morePlace: null, width: 0, height: 0 };
const PORTRAIT: CellLook = { ...NOTHING, width: 22, height: 22 };
/** The cell is a square of 300 pixels. */
const MOSAIC: CellLook = {
  ...NOTHING,
  mosaic: Float32Array.of(-150, -150, 150, -150, 150, 150, -150, 150),
  top: -120,
  more: 412,
  morePlace: [100, 140],
};

function open(nlist: number, { probe = nearest(8), missed = new Map<number, number>() } = {}) {
  const summary = summaryOf(Array<number>(nlist).fill(1));
  const search = new Search(coarseOf(summary), summary.sizes);
  const cells = joined([mapOf(summary.sizes)]);
  const scene: ClusterScene = {
    cells,
    ranking: cellRanking(search),
    probe,
    named: probe,
    missed: missedCells(missed, search),
    marks: new Map(),
    query: null,
    hovered: null,
    pinned: null,
    hoveredRow: null,
    selected: new Set(),
  };
  const view = { size: SIZE, camera: camera(SIZE, cells.aspect, UNZOOMED) };
  return { scene, view };
}

function overlaps(boxes: readonly Box[]): number {
  return boxes.filter((box, i) =>
    boxes.slice(0, i).some((other) => {
      const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
      const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
      return across > 0 && down > 0;
    }),
  ).length;
}

describe("the ranks of the map", () => {
  it.each([
    ["without pictures", NOTHING],
    ["with pictures", PORTRAIT],
  ])("stand on the probed cells %s, the nearest as a target, and touch no other", (_, look) => {
    const { scene, view } = open(400);
    const { labels } = mapLabels(scene, view, () => look, []);
    expect(labels.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      "target ",
      ...[2, 3, 4, 5, 6, 7, 8].map((rank) => `rank ${rank}`),
    ]);
    expect(overlaps(labels.map(({ box }) => box))).toBe(0);
  });

  it("are worn by cells with missed neighbours, with their number", () => {
    const { scene, view } = open(100, {
      probe: nearest(2),
      missed: new Map([
        [50, 3],
        [30, 1],
      ]),
    });
    const { labels } = mapLabels(scene, view, () => PORTRAIT, []);
    const worn = labels.filter(({ isMissed }) => isMissed).map(({ text, rank }) => [text, rank]);
    expect(worn).toEqual([
      ["31", 31],
      ["×1", 31],
      ["51", 51],
      ["×3", 51],
    ]);
  });

  it("are not written before a search", () => {
    const { scene, view } = open(100);
    expect(mapLabels({ ...scene, ranking: null }, view, () => NOTHING, []).labels).toEqual([]);
  });

  it("stand beside cells that are too small, which are marked", () => {
    const { scene, view } = open(10_000, {
      probe: new Probe([1, 2, 3, 9_000]),
      missed: new Map([[900, 2]]),
    });
    const { labels, dots } = mapLabels(scene, view, () => NOTHING, []);
    expect(dots.map(({ rank }) => rank)).toEqual([2, 3, 9_000, 901]);
    expect(labels.map(({ text }) => text)).toEqual(["", "2", "3", "9,000", "901"]);
    expect(overlaps(labels.map(({ box }) => box))).toBe(0);
    for (const { from, box } of labels.slice(1)) {
      const away = Math.hypot(
        (box.left + box.right) / 2 - (from?.x ?? NaN),
        (box.top + box.bottom) / 2 - (from?.y ?? NaN),
      );
      expect(away).toBeLessThan(60);
    }
  });

  it("of hundreds of small cells are few enough to read, and all cells are marked", () => {
    const { scene, view } = open(10_000, { probe: nearest(200) });
    const { labels, dots } = mapLabels(scene, view, () => NOTHING, []);
    expect(dots).toHaveLength(199);
    expect(labels.length).toBeLessThanOrEqual(41);
    expect(overlaps(labels.map(({ box }) => box))).toBe(0);
  });
});

describe("the title of a mosaic", () => {
  it("names the rank and the missed neighbours of clusters that are probed or hold any", () => {
    const { scene } = open(100, { probe: nearest(2), missed: new Map([[30, 2]]) });
    expect([0, 1, 2, 30].map((cell) => titlesOf(scene, cell))).toEqual([
      ["rank 1"],
      ["rank 2"],
      [],
      ["rank 31 · 2 missed", "31 · ×2"],
    ]);
  });

  it("is short where tiles leave no room for more", () => {
    const { scene, view } = open(4, { probe: nearest(0), missed: new Map([[0, 2]]) });
    const outline = Float32Array.of(-150, 0, 0, -150, 150, 0, 0, 150);
    const textAt = (top: number) =>
      mapLabels(scene, view, () => ({ ...MOSAIC, mosaic: outline, top }), []).labels.map(({ text }) => text);
    expect(textAt(0)).toEqual(["rank 1 · 2 missed"]);
    expect(textAt(-90)).toEqual(["1 · ×2"]);
  });

  it("stays in sight where the upper end of its cell does not", () => {
    const { scene, view } = open(4, { probe: nearest(1) });
    const moved = { ...view, camera: { ...view.camera, ty: view.camera.ty - 120 } };
    for (const at of [view, moved]) {
      const { labels } = mapLabels(scene, at, () => MOSAIC, []);
      expect(labels).toMatchObject([{ kind: "title", text: "rank 1" }]);
      expect(labels[0].box.top).toBeGreaterThanOrEqual(0);
    }
  });

  it("comes with the number of members that have no place", () => {
    const { scene, view } = open(4, { probe: nearest(1) });
    const { labels } = mapLabels(scene, view, () => MOSAIC, [0]);
    expect(labels.map(({ kind, text }) => [kind, text.replace(/\s/, " ")])).toEqual([
      ["title", "rank 1"],
      ["more", "+ 412"],
    ]);
  });

  it.each([
    [1, PALETTES.light.text],
    [0, PALETTES.light.muted],
  ])("counts them as strongly as it shows the others: of %i probed cluster in %s", (probed, colour) => {
    const { scene, view } = open(4, { probe: nearest(probed) });
    const recording = new RecordingContext();
    paintLabels(
      recording.context,
      mapLabels(scene, view, () => MOSAIC, [0]),
      PALETTES.light,
    );
    const counts = recording.in(colour, { kind: "text" }).filter(({ shape }) => shape.includes("412"));
    expect(counts).toHaveLength(1);
  });
});

describe("the recall of a workload", () => {
  const recall = (nlist: number) => {
    const means = Float32Array.from({ length: nlist }, (_, i) => (i % 3 === 0 ? Number.NaN : 0.25));
    return { means, queries: new Int32Array(nlist).fill(4), low: 0, nprobe: 2 };
  };

  it("is written on the cells that have one, beside no rank", () => {
    const { scene, view } = open(100, { probe: nearest(4) });
    const { labels } = mapLabels({ ...scene, recall: recall(100) }, view, () => PORTRAIT, []);
    const written = labels.filter(({ kind }) => kind === "figure");
    expect(written.length).toBeGreaterThan(60);
    expect(new Set(written.map(({ text }) => text))).toEqual(new Set(["0.25"]));
    expect(overlaps(labels.map(({ box }) => box))).toBe(0);
  });

  it("is written before a search too, and not on cells that are too small for it", () => {
    const { scene, view } = open(100);
    const before = mapLabels({ ...scene, ranking: null, recall: recall(100) }, view, () => NOTHING, []);
    expect(before.labels).toHaveLength(66);
    const small = open(10_000, { probe: nearest(0) });
    const none = mapLabels({ ...small.scene, recall: recall(10_000) }, small.view, () => NOTHING, []);
    expect(none.labels).toEqual([]);
  });

  it("is in the titles of mosaics, also of those that are not probed", () => {
    const { scene, view } = open(4, { probe: nearest(1), missed: new Map([[2, 2]]) });
    const shown = { ...scene, recall: recall(4) };
    expect([0, 1, 2].map((cell) => titlesOf(shown, cell))).toEqual([
      ["rank 1"],
      ["recall 0.25"],
      ["rank 3 · 2 missed · recall 0.25", "3 · ×2 · recall 0.25"],
    ]);
    const { labels } = mapLabels(shown, view, () => MOSAIC, []);
    expect(labels.map(({ text }) => text)).toContain("recall 0.25");
  });
});

it.each([PALETTES.light, PALETTES.dark])(
  "labels are drawn with dashes where neighbours were missed",
  (palette) => {
    const { scene, view } = open(100, { probe: nearest(2), missed: new Map([[50, 3]]) });
    const recording = new RecordingContext();
    paintLabels(
      recording.context,
      mapLabels(scene, view, () => PORTRAIT, []),
      palette,
    );
    expect(recording.texts).toEqual(["2", "51", "×3"]);
    expect(recording.in(palette.danger, { kind: "stroke", dash: [3, 2] })).toHaveLength(1);
    expect(recording.in(palette.danger, { kind: "fill" })).toHaveLength(1);
  },
);
