import type { Palette } from "../../../look/palette";
import { font, haloed } from "../../../views/draw";
import { type Box, BoxPlacer, boxAround, centreOf } from "../../../views/placer";
import type { NodeScene } from "./nodeScene";

/** The row id beside a node that leads to a missed one. */
export interface GateName {
  readonly text: string;
  readonly box: Box;
}

/** CSS pixels of a digit, and of a line. */
const DIGIT = 8;
const LINE = 14;

/** Names the rows that lead to missed neighbours, where there is room. */
export function gateNames(
  { gates, nodes }: Pick<NodeScene, "gates" | "nodes">,
  places: readonly (readonly [x: number, y: number])[],
): GateName[] {
  const taken = nodes.flatMap(({ kind, isGate }, i) =>
    kind === "visited" && !isGate ? [] : [boxAround(...places[i], 12, 12)],
  );
  const placer = new BoxPlacer({ taken });
  const found: GateName[] = [];
  for (const from of new Set(gates.map((gate) => gate.from))) {
    const text = nodes[from].id.toString();
    const [x, y] = places[from];
    const wide = DIGIT * text.length;
    const beside = 10 + wide / 2;
    const ways = [
      [beside, -10],
      [beside, 10],
      [-beside, -10],
      [-beside, 10],
      [0, -16],
      [0, 16],
    ];
    const box = placer.placeFree(ways.map(([dx, dy]) => boxAround(x + dx, y + dy, wide, LINE)));
    if (box !== null) found.push({ text, box });
  }
  return found;
}

export function paintGateNames(
  context: CanvasRenderingContext2D,
  names: readonly GateName[],
  palette: Palette,
): void {
  font(context, 12, 700);
  for (const { text, box } of names) {
    haloed(context, text, ...centreOf(box), palette.danger, palette.background);
  }
}
