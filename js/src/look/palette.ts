import type { Palette, Rgb } from "./palettes.generated";

export { type Mode, PALETTES, type Palette, type Rgb } from "./palettes.generated";

/** The colour of a probed cluster. Beyond the palette, the rank itself tells clusters apart. */
export function rankColour(palette: Palette, rank: number): Rgb {
  return palette.ranks[Math.min(rank, palette.ranks.length) - 1];
}

/**
 * The colour of the label at a place among so many named ones. The first have colours of their own, and all others
 * share one, which is paler for rows without a label.
 */
export function labelColour({ labels, background }: Palette, place: number, named: number): Rgb {
  const own = labels.length - 1;
  if (place < Math.min(named, own)) return labels[place];
  const other = labels[own];
  return place <= named ? other : mix(rgbOf(background), other, 0.5);
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
