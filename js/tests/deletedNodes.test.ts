import { describe, expect, it } from "vitest";
import { GraphWalk } from "../src/graph/model/walk";
import { paintFloor } from "../src/graph/views/layers/floorPainter";
import type { LayersInk } from "../src/graph/views/layers/layersInk";
import { layersScene } from "../src/graph/views/layers/layersScene";
import { paintDeleted } from "../src/graph/views/nodes/deletedMarks";
import { nodeScene } from "../src/graph/views/nodes/nodeScene";
import { walkScene } from "../src/graph/views/walk/walkScene";
import { PALETTES } from "../src/look/palette";
import { RecordingContext } from "./recordingContext";
import { layersStateOf, walkMessage } from "./walks";

/** Rows 61 and 35 are marked as deleted: the second visit of the first expansion, and the last. */
const deleted = Uint8Array.from(walkMessage().ids, (id) => Number(id === 61n || id === 35n));
const walk = new GraphWalk(walkMessage({ deleted }));
const state = layersStateOf(walk);
const marked = (nodes: readonly { readonly id: bigint; readonly isDeleted: boolean }[]) =>
  nodes
    .filter(({ isDeleted }) => isDeleted)
    .map(({ id }) => id)
    .sort();

describe("nodes that are marked as deleted", () => {
  it("are told from others in every picture, and are never results", () => {
    const ofVisits = Array.from(walk.ids, (_, i) => ({ x: i, y: i, district: 0 }));
    const spots = { ofVisits, ofRows: new Map(), query: null };
    const map = nodeScene({ ...state, spots });
    const line = walkScene(state, 900, 500);
    const levels = layersScene(state, 900, 560);
    expect(marked(map.nodes)).toEqual([35n, 61n]);
    expect(marked(line.points.filter(({ place }) => place !== null))).toEqual([35n, 61n]);
    expect(marked(levels.floor.plot.dots)).toEqual([35n, 61n]);
    for (const { kind, isDeleted } of [...map.nodes, ...line.points, ...levels.floor.plot.dots]) {
      if (isDeleted) expect(["visited", "expanded", "beyond"]).toContain(kind);
    }
  });

  it("are hollow, with a cross", () => {
    const canvas = new RecordingContext();
    paintDeleted(canvas.context, [[10, 20]], 4, "grey", "white");
    const [hollow, cross] = canvas.drawn;
    expect(hollow.kind).toBe("fill");
    expect(hollow.colour).toBe("white");
    expect(cross).toMatchObject({ kind: "stroke", colour: "grey" });
    expect(cross.shape.match(/[ML]/g)?.join("")).toBe("MMLML");
    const none = new RecordingContext();
    paintDeleted(none.context, [], 4, "grey", "white");
    expect(none.drawn).toEqual([]);
  });

  it("are drawn so on level 0", () => {
    const palette = PALETTES.light;
    const ink = { palette, pale: "p", walk: "w", bar: "b", barFill: "f", grid: "g", beyond: "y" };
    const crossesOf = (of: typeof state) => {
      const canvas = new RecordingContext();
      paintFloor(canvas.context, layersScene(of, 900, 560), ink as LayersInk);
      const strokes = canvas.drawn.filter(({ kind, shape }) => kind === "stroke" && shape.startsWith("M"));
      return strokes.filter(({ shape }) => shape.includes("A") && shape.includes("L")).length;
    };
    expect(crossesOf(state)).toBeGreaterThan(0);
    expect(crossesOf(layersStateOf())).toBe(0);
  });
});
