import type { Rgb } from "../src/look/palette";
import { apply, linear, type Triple } from "./colourSpaces";

type Matrix = readonly [Triple, Triple, Triple];

/** Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009, severity 1. */
const MACHADO: Readonly<Record<string, Matrix>> = {
  protanope: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranope: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanope: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/**
 * Viénot, Brettel & Mollon, "Digital video colourmaps for checking the legibility of displays by dichromats", 1999;
 * derived for sRGB in libDaltonLens. The paper is about these two.
 */
const VIENOT: Readonly<Record<string, Matrix>> = {
  protanope: [
    [0.11238, 0.88762, 0],
    [0.11238, 0.88762, 0],
    [0.00401, -0.00401, 1],
  ],
  deuteranope: [
    [0.29275, 0.70725, 0],
    [0.29275, 0.70725, 0],
    [-0.02234, 0.02234, 1],
  ],
};

/** Brettel, Viénot & Mollon, "Computerized simulation of color appearance for dichromats", 1997; likewise for sRGB. */
const BRETTEL: readonly [normal: Triple, positive: Matrix, negative: Matrix] = [
  [0.03901, -0.02788, -0.01113],
  [
    [1.01277, 0.13548, -0.14826],
    [-0.01243, 0.86812, 0.14431],
    [0.07589, 0.805, 0.11911],
  ],
  [
    [0.93678, 0.18979, -0.12657],
    [0.06154, 0.81526, 0.1232],
    [-0.37562, 1.12767, 0.24796],
  ],
];

const clamped = (light: Triple) => light.map((value) => Math.min(1, Math.max(0, value))) as unknown as Triple;

function brettelTritanope(light: Triple): Triple {
  const [normal, positive, negative] = BRETTEL;
  const side = normal.reduce((sum, value, i) => sum + value * light[i], 0);
  return apply(side >= 0 ? positive : negative, light);
}

/** What eyes see of a colour, as linear light: normal ones, and dichromats' by published simulations. */
export const EYES: Readonly<Record<string, (colour: Rgb) => Triple>> = {
  normal: linear,
  ...simulated("Machado 2009", MACHADO),
  ...simulated("Viénot 1999", VIENOT),
  "tritanope (Brettel 1997)": (colour) => clamped(brettelTritanope(linear(colour))),
};

function simulated(source: string, matrices: Readonly<Record<string, Matrix>>) {
  return Object.fromEntries(
    Object.entries(matrices).map(([name, matrix]) => [
      `${name} (${source})`,
      (colour: Rgb) => clamped(apply(matrix, linear(colour))),
    ]),
  );
}
