import { describe, expect, it } from "vitest";
import { css, PALETTES, rankColour } from "../src/look/palette";
import { groundOf, paintTile, type Tile } from "../src/views/clusters/mosaic/tile";
import { wrapped } from "../src/views/textBlock";
import { RecordingContext } from "./recordingContext";

const { light, dark } = PALETTES;
const IMAGE = { naturalWidth: 60, naturalHeight: 30 } as HTMLImageElement;
const TILE: Tile = {
  cluster: 3,
  id: 615n,
  distance: 2.5,
  index: 4,
  x: 100,
  y: 100,
  width: 22,
  height: 22,
  mark: null,
  isQuery: false,
  rank: 2,
  alpha: 1,
  isText: false,
};

function drawn(changes: Partial<Tile> = {}, label: string | null = "airplane", palette = light) {
  const recording = new RecordingContext();
  const image = changes.isText ? null : IMAGE;
  paintTile(recording.context, { ...TILE, ...changes }, { image, label }, { palette, ground: "#123456" });
  return recording;
}

describe("a tile", () => {
  it("shows its picture whole, over a ground", () => {
    const [cover, ground, image] = drawn().drawn;
    expect([cover.kind, cover.colour]).toEqual(["cover", "#123456"]);
    expect([ground.kind, ground.shape]).toEqual(["cover", "89,94.5,22,11"]);
    expect([image.kind, image.shape]).toEqual(["image", "89,94.5"]);
  });

  it.each([
    [22, []],
    [49, []],
    [50, ["2.500"]],
    [120, ["airplane", "2.500"]],
    [400, ["row 615 · airplane", "2.500"]],
  ])("of %i pixels wears its distance and its label as far as they have room", (side, texts) => {
    expect(drawn({ width: side, height: side }).texts).toEqual(texts);
  });

  it("wears its label alone where there is no query", () => {
    expect(drawn({ width: 60, height: 60, distance: Number.NaN }, "cat").texts).toEqual(["cat"]);
    expect(drawn({ width: 60, height: 60, distance: Number.NaN }, null).texts).toEqual([]);
  });

  it("has a frame in its cluster's colour as a result, dashes where it was missed, and neither otherwise", () => {
    const frameOf = (changes: Partial<Tile>) => drawn(changes).drawn.filter(({ kind }) => kind === "stroke");
    expect(frameOf({ mark: { isMissed: false, place: 1 } })).toMatchObject([
      { colour: css(rankColour(light, 2)), dash: [] },
    ]);
    expect(frameOf({ mark: { isMissed: true, place: 4 } }).at(-1)).toMatchObject({
      colour: light.danger,
      dash: [4, 3],
    });
    expect(frameOf({ isQuery: true })).toMatchObject([{ colour: light.text, dash: [] }]);
    expect(frameOf({})).toEqual([]);
  });

  it("is faded with its picture only, so that the ground keeps its colour", () => {
    const alphas = drawn({ alpha: 0.6 }).drawn.map(({ kind, alpha }) => [kind, alpha]);
    expect(alphas).toEqual([
      ["cover", 1],
      ["cover", 0.6],
      ["image", 0.6],
      ["fill", 1],
    ]);
  });

  it("without a picture says its label in three lines", () => {
    const { texts } = drawn(
      { isText: true, width: 94, height: 44 },
      "Tally elements from the iterable, and then",
    );
    expect(texts).toEqual(["Tally", "elements", "from the it…"]);
  });

  it("without a picture has an edge, but for the label of a cluster that is not probed, which is on its cell", () => {
    const edgesOf = (changes: Partial<Tile>) =>
      drawn({ isText: true, width: 94, height: 44, ...changes }).drawn.filter(
        ({ kind }) => kind === "stroke",
      );
    expect(edgesOf({ alpha: 0.6 })).toMatchObject([{ colour: light.line, dash: [] }]);
    expect(edgesOf({ index: -1 })).toMatchObject([{ colour: light.line, dash: [] }]);
    expect(edgesOf({ index: -1, alpha: 0.6 })).toEqual([]);
  });

  it("that stands for its cluster has neither caption nor frame", () => {
    const { texts, drawn: all } = drawn({
      index: -1,
      width: 60,
      height: 60,
      mark: { isMissed: false, place: 1 },
    });
    expect(texts).toEqual([]);
    expect(all.filter(({ kind }) => kind === "stroke")).toEqual([]);
  });
});

describe("lines of a label", () => {
  const context = new RecordingContext().context;

  it.each([
    ["one", 70, ["one"]],
    ["one two three four", 70, ["one two", "three four"]],
    ["one two three four five six", 70, ["one two", "three four", "five six"]],
    ["one two three four five six seven", 70, ["one two", "three four", "five six…"]],
    ["Multidimensional scaling", 70, ["Multidime…", "scaling"]],
    ["", 70, []],
  ])("of %j hold whole words as far as they fit", (text, width, lines) => {
    expect(wrapped(context, text, width, 3)).toEqual(lines);
  });

  it("cut no character of two code units in half", () => {
    const halves = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])/;
    for (const width of [30, 37, 44, 51, 58])
      expect(wrapped(context, "🛩🛩🛩🛩🛩🛩", width, 1)[0]).not.toMatch(halves);
  });
});

it.each([light, dark])("light and dark transparent pictures stand out from the ground", (palette) => {
  const [red, green, blue] = (groundOf(palette).match(/\d+/g) ?? []).map(Number);
  const luminance = (values: number[]) => {
    const [r, g, b] = values.map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = luminance([red, green, blue]);
  expect(1.05 / (ground + 0.05)).toBeGreaterThan(1.5);
  expect((ground + 0.05) / 0.05).toBeGreaterThan(1.5);
});
