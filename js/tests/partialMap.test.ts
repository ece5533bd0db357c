import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/session.json";
import { joined } from "../src/model/mapCells";
import { PartialMap } from "../src/model/partialMap";
import { readSummary } from "../src/model/summary";
import { decode } from "../src/protocol/decode";
import type { MapBox } from "../src/protocol/mapBox";
import type { MapCentres, MapPart, MapShapes } from "../src/protocol/messages";
import { CellsInSight } from "../src/views/clusters/layers/cellsInSight";
import { explorationOf } from "./support";

const viewOf = (text: string) =>
  new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const messages = [...recorded.partial_map.messages, ...recorded.messages].map(({ content, buffers }) =>
  decode(content, buffers.map(viewOf)),
);
const centres = messages.find(({ kind }) => kind === "map_centres") as MapCentres;
const shapes = messages.find(({ kind }) => kind === "map_shapes") as MapShapes;
const whole = joined([messages.findLast((one) => one.kind === "map" && one.final) as MapPart]);
const { sizes } = readSummary({ ...recorded.summary, sizes: viewOf(recorded.summary.sizes) });
const ALL: MapBox = { left: 0, right: 1.4, bottom: 0, top: 1 };
const HALF: MapBox = { ...ALL, right: 0.7 };

const middleOf = (centres: Float32Array, cell: number) => [centres[2 * cell], centres[2 * cell + 1]] as const;

function mapOf() {
  const asked: MapBox[] = [];
  const map = new PartialMap(centres, sizes, (box) => {
    asked.push(box);
    return shapes.request;
  });
  expect(map.add(centres)).toBe(true);
  return { map, asked };
}

describe("a map of centres", () => {
  it("has the centres of the whole map, and areas by size", () => {
    const { map } = mapOf();
    expect(map.aspect).toBeCloseTo(1.4);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    sizes.forEach((size, cell) => {
      expect(map.centres[2 * cell]).toBeCloseTo(whole.centres[2 * cell], 4);
      expect(map.centres[2 * cell + 1]).toBeCloseTo(whole.centres[2 * cell + 1], 4);
      const corners = map.corners(cell);
      expect(corners).toHaveLength(size === 0 ? 0 : 8);
      if (size > 0) expect((corners[2] - corners[0]) ** 2).toBeCloseTo((1.4 * size) / total, 4);
    });
  });

  it("asks for the shapes in a box once, and knows the cells that touch it when they have come", () => {
    const { map, asked } = mapOf();
    expect(map.touching(HALF)).toBeNull();
    expect(map.touching(HALF)).toBeNull();
    expect(asked).toEqual([HALF]);
    map.take([shapes]);
    expect([...(map.touching({ ...HALF, right: 0.5 }) ?? [])].sort()).toEqual([...shapes.clusters].sort());
    expect(map.touching(ALL)).toBeNull();
    expect(asked).toEqual([HALF, ALL]);
    for (const cell of shapes.clusters) {
      expect(map.has(cell)).toBe(true);
      expect(map.corners(cell)).toEqual(whole.corners(cell));
      expect(map.inradii[cell]).toBe(whole.inradii[cell]);
    }
  });

  it("asks again where no answer will come, and takes no answer to another request", () => {
    const { map, asked } = mapOf();
    map.touching(HALF);
    map.lose("another");
    map.touching(HALF);
    expect(asked).toHaveLength(1);
    const before = [map.centres.slice(), map.inradii.slice()];
    map.take([{ ...shapes, request: "another" }]);
    expect(map.has(shapes.clusters[0])).toBe(false);
    expect([map.centres, map.inradii]).toEqual(before);
    map.lose(shapes.request);
    map.touching(HALF);
    expect(asked).toHaveLength(2);
  });

  it("finds the cell at a point: exactly where shapes are here, else the nearest square", () => {
    const { map } = mapOf();
    for (let cell = 0; cell < sizes.length; cell++) {
      if (sizes[cell] > 0) expect(map.find(map.centres[2 * cell], map.centres[2 * cell + 1])).toBe(cell);
    }
    expect([map.find(-0.1, 0.5), map.find(0.5, 1.1), map.find(Number.NaN, 0)]).toEqual([-1, -1, -1]);
    map.touching(HALF);
    map.take([shapes]);
    for (let x = 0.01; x < 0.7; x += 0.06) {
      for (let y = 0.01; y < 1; y += 0.06) expect(map.find(x, y)).toBe(whole.find(x, y));
    }
  });

  it("is drawn by squares until shapes have come", () => {
    const { map } = mapOf();
    const sight = new CellsInSight(map);
    const box = { left: 0, right: 50, top: 0, bottom: 100 };
    const scale = { sx: 100, sy: 100 };
    const before = sight.touching(box, scale);
    expect(before).toMatchObject({ isRaster: true, isProvisional: true });
    expect(new Set(before.cells).size).toBe(before.cells?.length);
    map.take([{ ...shapes, clusters: shapes.clusters }]);
    const after = sight.touching(box, scale);
    expect(after).toMatchObject({ isRaster: false, isProvisional: false });
    expect(before.cells).toEqual(expect.arrayContaining([...(after.cells ?? [])]));
  });
});

describe("the page of very many clusters", () => {
  const page = () => explorationOf([...sizes]);

  it("shows the centres, asks for shapes by the number of the map, and says when they have come", () => {
    const { exploration, transport } = page();
    transport.say(centres);
    const cells = exploration.map.value?.cells;
    expect(exploration.map.value).toMatchObject({ method: centres.method, final: true });
    cells?.shapes?.touching(HALF);
    const request = transport.requests.find(({ kind }) => kind === "map_shapes");
    expect(request).toMatchObject({
      drawing: centres.drawing,
      left: 0,
      right: 32_768,
      bottom: 0,
      top: 65_536,
    });
    transport.say({ ...shapes, request: request?.request ?? "" });
    expect(exploration.mapShapes.value).toBe(1);
    expect(cells?.shapes?.has(shapes.clusters[0])).toBe(true);
  });

  it("takes the centres in parts, in order only", () => {
    const part = (first: number, last: number): MapCentres => ({
      ...centres,
      offset: first,
      centres: centres.centres.slice(2 * first, 2 * last),
    });
    const { exploration, transport } = page();
    const nlist = sizes.length;
    transport.say(part(0, 3), part(5, nlist));
    expect(exploration.map.value).toBeNull();
    transport.say(part(3, 5), part(5, nlist));
    expect(exploration.map.value?.cells.centres).toEqual(mapOf().map.centres);
    expect(exploration.map.value?.cells.find(...middleOf(whole.centres, 6))).toBe(6);
  });

  it("asks again after a refusal", () => {
    const { exploration, transport } = page();
    transport.say(centres);
    const { shapes: told } = exploration.map.value?.cells ?? {};
    told?.touching(HALF);
    const asked = () => transport.requests.filter(({ kind }) => kind === "map_shapes");
    const [{ request }] = asked();
    transport.say({ kind: "error", request, code: "superseded", message: "over" });
    told?.touching(HALF);
    expect(asked()).toHaveLength(2);
  });
});
