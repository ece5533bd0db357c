import type { Palette, Rgb } from "./colours";

export { type Mode, PALETTES, type Palette, type Rgb } from "./colours";

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
  const place = recall * (recalls.length - 1);
  const below = Math.min(recalls.length - 2, Math.floor(place));
  return mix(recalls[below], recalls[below + 1], place - below);
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
