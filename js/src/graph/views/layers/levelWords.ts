import { count, plural } from "../../../model/format";
import type { LayersScene } from "./layersScene";
import type { LayersState } from "./layersState";
import type { Measure } from "./nodeCaptions";

/** A line of the words beside a level: a bold beginning, and the rest. */
export interface WordLine {
  readonly level: number;
  readonly y: number;
  readonly bold: string;
  readonly text: string;
  readonly tone: "muted" | "danger" | "text";
}

const LINE = 16;
/** Level 0 has room for more than this, but no more to say. */
const MOST_LINES = 5;

/** What stands beside each level, in as many lines as there is room for. */
export function wordsOf(
  state: LayersState,
  scene: LayersScene,
  measure: Measure,
  distanceName: string,
): WordLine[] {
  const { frame, bands, floor } = scene;
  const width = frame.plotLeft - frame.left - 12;
  const found: WordLine[] = [];
  const say = (level: number, top: number, bottom: number, title: string, sentences: Said[]) => {
    const bold = `Level ${level}`;
    const head = measure(`${bold} `, 650) + measure(title, 400) <= width ? title : "";
    const lines: Said[] =
      head === "" && title !== "" ? wrap({ text: title, tone: "muted" }, width, measure) : [];
    for (const sentence of sentences) lines.push(...wrap(sentence, width, measure));
    const most = Math.max(1, Math.min(MOST_LINES, Math.floor((bottom - top - 2) / LINE)));
    const kept = lines.slice(0, most - 1);
    const isFloor = level === 0;
    const start = isFloor ? top + 13 : (top + bottom) / 2 - (kept.length * LINE) / 2;
    found.push({ level, y: start, bold, text: head, tone: "muted" });
    kept.forEach(({ text, tone }, i) => {
      found.push({ level, y: start + (i + 1) * LINE, bold: "", text, tone });
    });
  };
  for (const { level, top, bottom, nodes, compared, sentence, brief, isOff, state: at } of bands) {
    if (bottom - top < 2 * LINE + 2 && brief !== "") {
      const tone = isOff ? "danger" : "muted";
      found.push({ level, y: (top + bottom) / 2, bold: `Level ${level}`, text: brief, tone });
      continue;
    }
    const distances = at === "ahead" ? "" : `, ${plural(compared, "distance")}`;
    const said: Said[] = sentence === "" ? [] : [{ text: sentence, tone: isOff ? "danger" : "muted" }];
    say(level, top, bottom, `${plural(nodes, "node")}${distances}`, said);
  }
  const distances = floor.state === "ahead" ? "" : `, ${plural(floor.compared, "distance")}`;
  const said: Said[] = [];
  if (floor.state !== "ahead")
    said.push({ text: `${plural(floor.expanded, "node")} expanded`, tone: "muted" });
  if (state.truth !== null && floor.state === "left") {
    const all = state.truth.neighbours.length;
    const found = all - state.missed.length;
    said.push({ text: `${count(found)} of ${plural(all, "true neighbour")} found`, tone: "muted" });
    if (found < all) said.push({ text: `${count(all - found)} missed`, tone: "danger" });
  }
  say(0, floor.top, floor.bottom, `${plural(floor.nodes, "node")}${distances}`, said);
  if (measure(distanceName, 400) <= width)
    found.push({ level: 0, y: floor.bottom + 14, bold: "", text: distanceName, tone: "muted" });
  return found;
}

interface Said {
  readonly text: string;
  readonly tone: "muted" | "danger";
}

/** Breaks a sentence into lines of a width. */
function wrap({ text, tone }: Said, width: number, measure: Measure): Said[] {
  const lines: Said[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && measure(longer, 400) > width) {
      lines.push({ text: line, tone });
      line = word;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, { text: line, tone }];
}
