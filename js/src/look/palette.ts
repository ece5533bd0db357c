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
  /** How much of the rank's colour fills its cell, over the background. */
  readonly fill: number;
}

/** After Paul Tol's "bright" and "muted" schemes for colour vision deficiencies. */
const LIGHT_RANKS: readonly Rgb[] = [
  [51, 110, 180],
  [24, 132, 60],
  [170, 51, 119],
  [158, 118, 0],
  [36, 160, 196],
  [222, 88, 108],
  [94, 68, 168],
  [122, 92, 72],
  [92, 110, 140],
];

const DARK_RANKS: readonly Rgb[] = [
  [96, 156, 226],
  [70, 176, 98],
  [214, 98, 168],
  [206, 164, 44],
  [92, 200, 232],
  [244, 128, 144],
  [156, 134, 226],
  [186, 150, 124],
  [134, 154, 186],
];

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
    danger: "#b3261e",
    shade: "rgb(20 28 44 / 0.16)",
    far: [246, 248, 251],
    near: [150, 186, 231],
    plain: [228, 234, 243],
    ranks: LIGHT_RANKS,
    fill: 0.6,
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
    danger: "#ff8f86",
    shade: "rgb(0 0 0 / 0.5)",
    far: [25, 29, 36],
    near: [44, 76, 116],
    plain: [36, 43, 54],
    ranks: DARK_RANKS,
    fill: 0.6,
  },
};

/** The colour of a probed cluster. Beyond the palette, the rank itself tells clusters apart. */
export function rankColour(palette: Palette, rank: number): Rgb {
  return palette.ranks[Math.min(rank, palette.ranks.length) - 1];
}

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
