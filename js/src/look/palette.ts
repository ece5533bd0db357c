export type Mode = "light" | "dark";
export type Rgb = readonly [number, number, number];

/** Every colour of the widget. The page's style sheet and the canvases read the same values. */
export interface Palette {
  readonly background: string;
  readonly raised: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly control: string;
  readonly accent: string;
  readonly onAccent: string;
  readonly danger: string;
  readonly shade: string;
  /** Cells that are not probed, from the farthest centroid to the nearest. */
  readonly far: Rgb;
  readonly near: Rgb;
  /** Cells before any search. */
  readonly plain: Rgb;
  /** Probed clusters by rank; the last one serves all further ranks. */
  readonly ranks: readonly Rgb[];
  /** Labels, the commonest first; the last one serves all others. */
  readonly labels: readonly Rgb[];
  /** Recalls from 0 to 1 at even distances: what fails stands out from the background. */
  readonly recalls: readonly Rgb[];
  /** Numbers of a column from the lower end of their scale to the upper one, at even distances. */
  readonly values: readonly Rgb[];
  /** How much of the rank's colour fills its cell, over the background. */
  readonly fill: number;
  /** The same of a value's colour. */
  readonly valueFill: number;
}

// The colours of ranks with those of missed neighbours (`danger`), and the colours of labels, are what
// `python -m scripts.palette_colours` prints: any two of either kind differ by a CIEDE2000 of at least 10, to dichromats
// too, and ranks, missed neighbours and text stand out on every ground named below.

const LIGHT_RANKS: readonly Rgb[] = [
  [57, 126, 202],
  [4, 109, 78],
  [201, 64, 141],
  [152, 119, 0],
  [97, 130, 112],
  [118, 52, 43],
  [82, 52, 157],
  [79, 48, 52],
  [96, 97, 109],
];

const DARK_RANKS: readonly Rgb[] = [
  [108, 178, 254],
  [39, 158, 83],
  [194, 109, 172],
  [221, 183, 59],
  [154, 198, 174],
  [225, 96, 0],
  [144, 117, 232],
  [166, 144, 146],
  [174, 173, 188],
];

const LIGHT_LABELS: readonly Rgb[] = [
  [61, 136, 218],
  [173, 67, 0],
  [107, 155, 88],
  [215, 79, 158],
  [164, 126, 0],
  [0, 114, 122],
  [101, 65, 173],
  [104, 60, 40],
  [116, 117, 112],
];

const DARK_LABELS: readonly Rgb[] = [
  [64, 156, 242],
  [195, 97, 0],
  [119, 177, 93],
  [230, 122, 175],
  [225, 186, 20],
  [96, 203, 215],
  [124, 96, 212],
  [163, 124, 101],
  [188, 183, 174],
];

// Along a scale of recalls lightness never turns and steps are even, to dichromats too. The same script prints them.

const LIGHT_RECALLS: readonly Rgb[] = [
  [158, 76, 140],
  [170, 96, 144],
  [181, 114, 148],
  [192, 131, 151],
  [202, 148, 154],
  [213, 166, 156],
  [225, 184, 158],
  [236, 203, 159],
  [250, 226, 160],
];

const DARK_RECALLS: readonly Rgb[] = [
  [215, 100, 70],
  [191, 94, 75],
  [169, 88, 78],
  [148, 81, 80],
  [129, 75, 82],
  [112, 69, 82],
  [96, 63, 82],
  [78, 57, 81],
  [62, 50, 80],
];

/**
 * A part of viridis by Stéfan van der Walt and Nathaniel Smith (2015, https://bids.github.io/colormap), tenths 2 to 9 of
 * it: perceptually uniform, in order of lightness to dichromats too. Its ends would vanish on a ground of their lightness.
 */
const VIRIDIS: readonly Rgb[] = [
  [65, 68, 135],
  [53, 96, 141],
  [42, 120, 142],
  [33, 144, 140],
  [34, 168, 132],
  [67, 191, 113],
  [122, 209, 81],
  [187, 223, 39],
];

// The upper end stands out: people take what differs more from the ground for more (Schloss et al. 2019,
// https://doi.org/10.1109/TVCG.2018.2865147).
const LIGHT_VALUES: readonly Rgb[] = [[72, 37, 118] as Rgb, ...VIRIDIS.slice(0, -1)].reverse();
const DARK_VALUES = VIRIDIS;

export const PALETTES: Readonly<Record<Mode, Palette>> = {
  light: {
    background: "#ffffff",
    raised: "#f6f7f9",
    text: "#1b1f27",
    muted: "#586174",
    line: "#e2e5eb",
    control: "#868f9f",
    accent: "#1c66d8",
    onAccent: "#ffffff",
    danger: "#ae1400",
    shade: "rgb(20 28 44 / 0.16)",
    far: [246, 248, 251],
    near: [206, 221, 243],
    plain: [228, 234, 243],
    ranks: LIGHT_RANKS,
    labels: LIGHT_LABELS,
    recalls: LIGHT_RECALLS,
    values: LIGHT_VALUES,
    fill: 0.6,
    valueFill: 0.73,
  },
  dark: {
    background: "#14171c",
    raised: "#1d2128",
    text: "#e8ebf0",
    muted: "#9ba5b5",
    line: "#2c323c",
    control: "#737d8c",
    accent: "#6cb0ff",
    onAccent: "#0c1320",
    danger: "#ff837e",
    shade: "rgb(0 0 0 / 0.5)",
    far: [25, 29, 36],
    near: [38, 62, 94],
    plain: [36, 43, 54],
    ranks: DARK_RANKS,
    labels: DARK_LABELS,
    recalls: DARK_RECALLS,
    values: DARK_VALUES,
    fill: 0.5,
    valueFill: 0.6,
  },
};

/** The colour of a probed cluster. Beyond the palette, the rank itself tells clusters apart. */
export function rankColour(palette: Palette, rank: number): Rgb {
  return palette.ranks[Math.min(rank, palette.ranks.length) - 1];
}

/**
 * The colour of the label at a place among so many named ones. All other labels share another, which is paler for rows
 * without a label.
 */
export function labelColour({ labels, background }: Palette, place: number, named: number): Rgb {
  if (place < named) return labels[place];
  const other = labels[labels.length - 1];
  return place === named ? other : mix(rgbOf(background), other, 0.5);
}

/** The colour of a recall, 0 to 1. */
export function recallColour({ recalls }: Palette, recall: number): Rgb {
  return colourAlong(recalls, recall);
}

/** The colour of a number by its share of the way from the lower end of its scale to the upper one; NaN for none. */
export function valueColour(palette: Palette, share: number): Rgb {
  return Number.isNaN(share) ? noValueColour(palette) : colourAlong(palette.values, share);
}

/** The colour of a cluster by the mean of its numbers: muted, so that outlines and ranks stand out. */
export function meanColour(palette: Palette, share: number): Rgb {
  const background = rgbOf(palette.background);
  return Number.isNaN(share) ? background : mix(background, valueColour(palette, share), palette.valueFill);
}

/** The colour of text that is written on a colour: that of text or of the background. */
export function inkOn(palette: Palette, ground: Rgb): string {
  const lightness = (colour: Rgb) =>
    0.2126 * colour[0] ** 2.2 + 0.7152 * colour[1] ** 2.2 + 0.0722 * colour[2] ** 2.2;
  const [text, background] = [palette.text, palette.background].map(
    (colour) => lightness(rgbOf(colour)) + FLARE,
  );
  const here = lightness(ground) + FLARE;
  const apart = (other: number) => Math.max(here / other, other / here);
  return apart(text) >= apart(background) ? palette.text : palette.background;
}

/** The colour of rows without a value, as of those without a label. */
export function noValueColour(palette: Palette): Rgb {
  return labelColour(palette, 1, 0);
}

function colourAlong(colours: readonly Rgb[], share: number): Rgb {
  const place = share * (colours.length - 1);
  const below = Math.min(colours.length - 2, Math.floor(place));
  return mix(colours[below], colours[below + 1], place - below);
}

/** Light that a screen reflects, in the contrast of WCAG. */
const FLARE = 0.05 * 255 ** 2.2;

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map((i) => Math.round(from[i] + (to[i] - from[i]) * share)) as unknown as Rgb;
}

/** `#rrggbb` as numbers. */
export function rgbOf(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
}

export function css([red, green, blue]: Rgb): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The palette as custom properties of the root element. */
export function properties(palette: Palette): Record<string, string> {
  const { background, raised, text, muted, line, control, accent, onAccent, danger, shade } = palette;
  return {
    "--feder-background": background,
    "--feder-raised": raised,
    "--feder-text": text,
    "--feder-muted": muted,
    "--feder-line": line,
    "--feder-control": control,
    "--feder-accent": accent,
    "--feder-on-accent": onAccent,
    "--feder-danger": danger,
    "--feder-shade": shade,
  };
}
