import { describe, expect, it } from "vitest";
import {
  css,
  inkOn,
  labelColour,
  type Mode,
  meanColour,
  mix,
  PALETTES,
  properties,
  type Rgb,
  rankColour,
  recallColour,
  rgbOf,
  valueColour,
} from "../src/look/palette";
import { rampColour } from "../src/views/clusters/cellColours";
import { ciede2000 } from "./ciede2000";
import { contrast, lab, type Triple } from "./colourSpaces";
import { EYES } from "./dichromats";

/** The least difference of two colours that mean different things. */
const APART = 10;
/** The least contrast of text, and of outlines and controls, by WCAG 2.2 AA. */
const TEXT = 4.5;
const OUTLINE = 3;

/** The pairs published by Sharma, Wu & Dalal 2005, and their differences. */
const SHARMA: readonly (readonly [Triple, Triple, number])[] = [
  [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
  [[50, 3.1571, -77.2803], [50, 0, -82.7485], 2.8615],
  [[50, 2.8361, -74.02], [50, 0, -82.7485], 3.4412],
  [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1],
  [[50, -1.1848, -84.8006], [50, 0, -82.7485], 1],
  [[50, -0.9009, -85.5211], [50, 0, -82.7485], 1],
  [[50, 0, 0], [50, -1, 2], 2.3669],
  [[50, -1, 2], [50, 0, 0], 2.3669],
  [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
  [[50, 2.49, -0.001], [50, -2.49, 0.001], 7.1792],
  [[50, 2.49, -0.001], [50, -2.49, 0.0011], 7.2195],
  [[50, 2.49, -0.001], [50, -2.49, 0.0012], 7.2195],
  [[50, -0.001, 2.49], [50, 0.0009, -2.49], 4.8045],
  [[50, -0.001, 2.49], [50, 0.001, -2.49], 4.8045],
  [[50, -0.001, 2.49], [50, 0.0011, -2.49], 4.7461],
  [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
  [[50, 2.5, 0], [73, 25, -18], 27.1492],
  [[50, 2.5, 0], [61, -5, 29], 22.8977],
  [[50, 2.5, 0], [56, -27, -3], 31.903],
  [[50, 2.5, 0], [58, 24, 15], 19.4535],
  [[50, 2.5, 0], [50, 3.1736, 0.5854], 1],
  [[50, 2.5, 0], [50, 3.2972, 0], 1],
  [[50, 2.5, 0], [50, 1.8634, 0.5757], 1],
  [[50, 2.5, 0], [50, 3.2592, 0.335], 1],
  [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
  [[63.0109, -31.0961, -5.8663], [62.8187, -29.7946, -4.0864], 1.263],
  [[61.2901, 3.7196, -5.3901], [61.4292, 2.248, -4.962], 1.8731],
  [[35.0831, -44.1164, 3.7933], [35.0232, -40.0716, 1.5901], 1.8645],
  [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
  [[36.4612, 47.858, 18.3852], [36.2715, 50.5065, 21.2231], 1.4146],
  [[90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441],
  [[90.9257, -0.5406, -0.9208], [88.6381, -0.8985, -0.7239], 1.5381],
  [[6.7747, -0.2908, -2.4247], [5.8714, -0.0985, -2.2286], 0.6377],
  [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
];

describe("the measure of differences", () => {
  it("gives the published differences, from either side", () => {
    for (const [one, other, difference] of SHARMA) {
      expect(ciede2000(one, other)).toBeCloseTo(difference, 4);
      expect(ciede2000(other, one)).toBeCloseTo(difference, 4);
    }
  });

  it("finds red and green close for dichromats who confuse them, and greys as they are", () => {
    const between = (eyes: string, one: Rgb, other: Rgb) =>
      ciede2000(lab(EYES[eyes](one)), lab(EYES[eyes](other)));
    const [red, olive, grey]: Rgb[] = [
      [180, 60, 60],
      [110, 95, 55],
      [128, 128, 128],
    ];
    expect(between("normal", red, olive)).toBeGreaterThan(25);
    expect(between("deuteranope (Viénot 1999)", red, olive)).toBeLessThan(12);
    for (const eyes of Object.keys(EYES)) {
      const [, a, b] = lab(EYES[eyes](grey));
      expect(Math.hypot(a, b), eyes).toBeLessThan(0.5);
    }
  });

  it("takes black on white as the greatest contrast", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 4);
  });
});

describe.each<Mode>(["light", "dark"])("in the %s palette", (mode) => {
  const palette = PALETTES[mode];
  const { ranks, labels, fill, far, near, plain } = palette;
  const background = rgbOf(palette.background);
  const [raised, text, muted, danger, accent, onAccent, control, line] = (
    ["raised", "text", "muted", "danger", "accent", "onAccent", "control", "line"] as const
  ).map((name) => rgbOf(palette[name]));
  const fills = [...ranks.slice(0, 8), ...labels.slice(0, 8)].map((colour) => mix(background, colour, fill));

  describe.each(Object.keys(EYES))("to %s eyes", (eyes) => {
    it.each([
      ["ranks and missed neighbours", [...ranks, danger]],
      ["labels", labels],
    ])("%s are apart", (_, colours) => {
      const seen = colours.map((colour) => lab(EYES[eyes](colour)));
      for (let i = 0; i < seen.length; i++) {
        for (let j = 0; j < i; j++) {
          const pair = `${css(colours[i])} and ${css(colours[j])}`;
          expect(ciede2000(seen[i], seen[j]), pair).toBeGreaterThanOrEqual(APART);
        }
      }
    });
  });

  it("eight ranks have colours of their own, and all further ones share another", () => {
    expect(ranks).toHaveLength(9);
    expect(rankColour(palette, 8)).toEqual(ranks[7]);
    expect(rankColour(palette, 9)).toEqual(ranks[8]);
    expect(rankColour(palette, 5000)).toEqual(ranks[8]);
  });

  it("so have eight labels", () => {
    expect(labels).toHaveLength(9);
    expect(labelColour(palette, 7, 8)).toEqual(labels[7]);
    expect(labelColour(palette, 8, 8)).toEqual(labels[8]);
    expect(labelColour(palette, 2, 2)).toEqual(labels[8]);
  });

  describe.each(Object.keys(EYES))("to %s eyes", (eyes) => {
    const seen = (colour: Rgb) => lab(EYES[eyes](colour));
    const scale = Array.from({ length: 11 }, (_, i) => seen(recallColour(palette, i / 10)));

    it("recalls are in order by their lightness, in even steps", () => {
      const steps = scale.slice(1).map((colour, i) => colour[0] - scale[i][0]);
      const signs = new Set(steps.map(Math.sign));
      expect(signs.size).toBe(1);
      const differences = scale.slice(1).map((colour, i) => ciede2000(colour, scale[i]));
      expect(Math.max(...differences)).toBeLessThan(2 * Math.min(...differences));
    });

    it("recalls a third apart are apart, and so is a cluster of too few queries", () => {
      const thirds = [0, 1 / 3, 2 / 3, 1].map((recall) => seen(recallColour(palette, recall)));
      for (const [i, colour] of [...thirds, seen(background)].slice(1).entries()) {
        expect(ciede2000(colour, thirds[i])).toBeGreaterThanOrEqual(APART);
      }
    });
  });

  it("probed clusters and missed neighbours stand out on the colours of recalls", () => {
    for (const recall of [0, 0.25, 0.5, 0.75, 1]) {
      expect(contrast(text, recallColour(palette, recall)), `recall ${recall}`).toBeGreaterThanOrEqual(
        OUTLINE,
      );
    }
  });

  it("a recall of nothing stands out most", () => {
    expect(contrast(recallColour(palette, 0), background)).toBeGreaterThanOrEqual(OUTLINE);
    expect(recallColour(palette, 1)).toEqual(palette.recalls.at(-1));
  });

  describe.each(Object.keys(EYES))("to %s eyes", (eyes) => {
    const seen = (share: number) => lab(EYES[eyes](valueColour(palette, share)));
    const scale = Array.from({ length: 11 }, (_, i) => seen(i / 10));

    it("numbers are in order by their lightness, away from the ground, in steps of one size", () => {
      const steps = scale.slice(1).map(([lightness], i) => lightness - scale[i][0]);
      expect(new Set(steps.map(Math.sign))).toEqual(new Set([mode === "light" ? -1 : 1]));
      const sizes = steps.map(Math.abs);
      expect(Math.max(...sizes)).toBeLessThan(3 * Math.min(...sizes));
    });

    it("numbers a third of the scale apart are apart, and so is no value", () => {
      for (const share of [0, 1 / 3, 2 / 3]) {
        expect(ciede2000(seen(share), seen(Math.min(1, share + 1 / 3))), `${share}`).toBeGreaterThanOrEqual(
          APART,
        );
      }
      for (let share = 0; share <= 1; share += 0.05) {
        expect(ciede2000(seen(share), seen(Number.NaN)), `${share}`).toBeGreaterThanOrEqual(APART);
      }
    });
  });

  it("outlines stand out on the means of clusters, and ranks are legible on them", () => {
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const ground = meanColour(palette, share);
      expect(contrast(text, ground), `${share}`).toBeGreaterThanOrEqual(OUTLINE);
      // Between text and background no ink has more on the colour in the middle.
      expect(contrast(rgbOf(inkOn(palette, ground)), ground), `${share}`).toBeGreaterThanOrEqual(4);
    }
    expect(inkOn(palette, background)).toBe(palette.text);
    expect(inkOn(palette, text)).toBe(palette.background);
  });

  it("outlines stand out on every ground of the map", () => {
    for (const ground of [background, raised, far, near, plain]) {
      for (const colour of [...ranks, danger, text]) {
        expect(contrast(colour, ground), `${css(colour)} on ${css(ground)}`).toBeGreaterThanOrEqual(OUTLINE);
      }
    }
    for (const colour of labels) {
      expect(contrast(colour, background), css(colour)).toBeGreaterThanOrEqual(OUTLINE);
    }
  });

  it("numbers are legible on cells", () => {
    for (const ground of [...fills, far, near, plain]) {
      expect(contrast(text, ground), css(ground)).toBeGreaterThanOrEqual(TEXT);
    }
  });

  it("so are the counts of rows without a place on cells that are not probed", () => {
    for (const ground of [rampColour(palette, 0), rampColour(palette, 1), plain]) {
      expect(contrast(muted, ground), css(ground)).toBeGreaterThanOrEqual(TEXT);
    }
  });

  it("the ramp of centroids is seen on the ground from end to end, and its near end is not rank 1", () => {
    const [farthest, nearest] = [0, 1].map((share) => lab(rampColour(palette, share)));
    expect(ciede2000(farthest, lab(background))).toBeGreaterThanOrEqual(APART);
    expect(ciede2000(farthest, nearest)).toBeGreaterThanOrEqual(APART);
    expect(ciede2000(nearest, lab(mix(background, ranks[0], fill)))).toBeGreaterThanOrEqual(APART);
  });

  it("text is legible", () => {
    for (const ground of [background, raised]) {
      for (const colour of [text, muted, danger, accent]) {
        expect(contrast(colour, ground), `${css(colour)} on ${css(ground)}`).toBeGreaterThanOrEqual(TEXT);
      }
    }
    expect(contrast(onAccent, accent)).toBeGreaterThanOrEqual(TEXT);
    expect(contrast(onAccent, mix(accent, text, 0.12)), "under the pointer").toBeGreaterThanOrEqual(TEXT);
  });

  it("borders of controls are seen", () => {
    for (const ground of [background, raised]) {
      expect(contrast(control, ground)).toBeGreaterThanOrEqual(OUTLINE);
      expect(contrast(accent, ground)).toBeGreaterThanOrEqual(OUTLINE);
    }
    expect(contrast(line, background)).toBeLessThan(OUTLINE);
  });

  it("the style sheets read these colours", () => {
    expect(properties(palette)["--feder-control"]).toBe(palette.control);
    expect(properties(palette)["--feder-text"]).toBe(palette.text);
  });
});
