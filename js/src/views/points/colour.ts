import type { Rgb } from "../../look/palette";

/** `#rrggbb` as numbers. */
export function unpackHex(colour: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
}
