import type { Rgb } from "../src/look/palette";

/** Three numbers: linear light from 0 to 1, or CIELAB. */
export type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

/** Linear sRGB to CIE XYZ, white D65 (IEC 61966-2-1). */
const XYZ: Matrix = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
];
const WHITE = apply(XYZ, [1, 1, 1]);

export function apply(matrix: Matrix, [x, y, z]: Triple): Triple {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as unknown as Triple;
}

/** Linear light of an sRGB colour. */
export function linear(colour: Rgb): Triple {
  return colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Triple;
}

/** CIELAB of linear light, white D65. */
export function lab(light: Triple): Triple {
  const [x, y, z] = apply(XYZ, light).map((value, i) => {
    const share = value / WHITE[i];
    return share > (6 / 29) ** 3 ? Math.cbrt(share) : share / (3 * (6 / 29) ** 2) + 4 / 29;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The contrast ratio of two sRGB colours by WCAG 2. */
export function contrast(one: Rgb, other: Rgb): number {
  const luminances = [one, other].map((colour) => apply(XYZ, linear(colour))[1] + 0.05);
  return Math.max(...luminances) / Math.min(...luminances);
}
