/** What is told of a search in other places, whatever the index is: Markdown, Python, comma-separated values. */

import { count, percent, plural } from "./format";

/** A search on screen, as far as every kind of index has it. */
export interface SharedAnswer {
  /** "row 42". */
  readonly query: string;
  /** The row id; null for a vector. */
  readonly row: bigint | null;
  /** What is known so far of a search that is not complete; null for a complete one. */
  readonly soFar: string | null;
  /** How many results there are. */
  readonly returned: number;
  /** How many true neighbours came back, and of how many; null where these are not known. */
  readonly found: number;
  readonly total: number | null;
  readonly family: string;
  readonly metric: string;
  readonly ntotal: number;
  readonly k: number;
  /** Distances computed. */
  readonly distances: number;
  readonly includeSelf: boolean;
  /** Whether true neighbours are by original vectors that were given. */
  readonly given: boolean;
  readonly findings: readonly string[];
}

/** What a kind of index says of a search. */
export interface Told {
  readonly settings: string;
  /** Names of the columns of the table of missed rows, and its cells. */
  readonly columns: readonly string[];
  readonly missed: readonly (readonly (string | number | bigint)[])[];
  readonly remedy: string;
  readonly python: string;
}

/** The text of `w.finding()`; see `report.py`. */
export function findingText(answer: SharedAnswer, told: Told): string {
  const { total, found, k, soFar, findings } = answer;
  const recall = total === null || soFar !== null ? "" : ` ${recallText(k, found, total)}`;
  const parts = [`**${escaped(sentenceOf(answer))}**${recall}`, escaped(told.settings)];
  if (told.missed.length > 0) {
    const rows = [told.columns, ...told.missed].map((cells) => `| ${cells.join(" | ")} |`);
    const line = `${"|---".repeat(told.columns.length)}|`;
    parts.push([rows[0], line, ...rows.slice(1)].join("\n"));
    if (soFar === null) parts.push(escaped(told.remedy));
  }
  parts.push(...findings.map((sentence) => `- ${escaped(sentence)}`));
  parts.push(`\`\`\`python\n${told.python}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}

/** What a search takes to be shown again. */
export type SharedState = Pick<SharedAnswer, "row" | "k" | "includeSelf" | "given">;

/** The lines of Python that show a search in the widget, with the search parameter as an option. */
export function pythonText({ row, k, includeSelf, given }: SharedState, parameter: string): string {
  const self = includeSelf ? ", include_self=True" : "";
  return [
    "import feder_widget as fw",
    "",
    ...(given ? ["index = fw.open_index(index, vectors=vectors)"] : []),
    `w = fw.FederWidget(index, ${parameter}, k=${k}${self})`,
    `w.search(${row ?? "vector"})`,
    "w",
  ].join("\n");
}

/** The answer in one sentence. */
export function sentenceOf({ query, soFar, returned, found, total }: SharedAnswer): string {
  if (soFar !== null) return `${query}: ${soFar}.`;
  if (total === null) return `The search for ${query} returned ${plural(returned, "row")}.`;
  if (total === 1) return `The true neighbour of ${query} ${found > 0 ? "came back" : "was missed"}.`;
  if (found === total) return `All ${plural(total, "true neighbour")} of ${query} came back.`;
  return `${count(found)} of ${plural(total, "true neighbour")} of ${query} came back.`;
}

/** The recall in three decimals; 1 where all came back only, 0 where none did only. */
function recallText(k: number, found: number, total: number): string {
  const thousandths = total === 0 ? 1000 : Math.floor((1000 * found) / total + 0.5);
  const isPart = found > 0 && found < total;
  return `recall@${k} = ${(isPart ? Math.max(1, Math.min(thousandths, 999)) : thousandths) / 1000}`;
}

/** The number of distances computed, and their share of all vectors. */
export function costText({ distances, ntotal }: SharedAnswer, besides = ""): string {
  const share = percent(ntotal === 0 ? 0 : distances / ntotal).replaceAll("\u00a0", " ");
  return `${plural(distances, "distance")} computed${besides}, ${share} of brute force`;
}

/** Rows as comma-separated values (RFC 4180), below a line of names. */
export function csvText(names: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return `${[names, ...rows].map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

/** A float32 in the fewest digits that tell it from all others. */
export function exact(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === Math.fround(value)) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

/** A text that a table takes as it is: one that begins like a formula is a formula to spreadsheets. */
export function field(text: string | null): string {
  if (text === null) return "";
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A text that Markdown takes as it is, in one line. */
export function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>()#+!|$~&]/g, "\\$&");
}
