/** A search as text for other places: Markdown, Python, comma-separated values. */

import { count, plural } from "./format";
import type { Stage } from "./truth";

/** A row of a list that is shared, with its label. */
export interface SharedRow {
  readonly place: number | null;
  readonly id: bigint;
  readonly distance: number;
  readonly cluster: number;
  readonly rank: number;
  readonly label: string | null;
  /** Why it did not come back, with the numbers; null for one that did. */
  readonly why: string | null;
  /** The stage that lost it; "off" where its cluster is switched off by hand. */
  readonly lostTo: Stage | "off" | null;
}

/** What is told of the search on screen. */
export interface SharedSearch {
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
  /** The nprobe at which 1, 2, … of them are found, as far as any finds them; null where that is not known. */
  readonly foundAt: readonly number[] | null;
  /** Why not. */
  readonly noCurve: string | null;
  readonly family: string;
  readonly metric: string;
  readonly ntotal: number;
  readonly nlist: number;
  readonly nprobe: number;
  readonly k: number;
  /** Distances computed; those of the coarse search only where that is exact. */
  readonly distances: number;
  readonly coarseExact: boolean;
  readonly includeSelf: boolean;
  /** Whether true neighbours are by original vectors that were given. */
  readonly given: boolean;
  readonly missed: readonly SharedRow[];
  readonly findings: readonly string[];
}

const LOSSES: Readonly<Record<Stage | "off", string>> = {
  coarse: "its cluster was not probed",
  ranking: "the coarse quantizer ranked its cluster wrongly",
  limit: "the search stopped before it",
  unreached: "the coarse search does not come to its cluster",
  code: "lost to the code",
  refine: "lost in the re-ranking",
  off: "its cluster is switched off",
};

/** The lines of Python that show this search in the widget. */
export function pythonOf({ row, nprobe, k, includeSelf, given }: SharedSearch): string {
  const self = includeSelf ? ", include_self=True" : "";
  return [
    "import feder_widget as fw",
    "",
    ...(given ? ["index = fw.open_index(index, vectors=vectors)"] : []),
    `w = fw.FederWidget(index, nprobe=${nprobe}, k=${k}${self})`,
    `w.search(${row ?? "vector"})`,
    "w",
  ].join("\n");
}

/** The text of `w.finding()`; see `answer_text.py` and `search_report.py`. */
export function markdownOf(search: SharedSearch): string {
  const { total, found, k, missed, soFar } = search;
  const recall = total === null || soFar !== null ? "" : ` ${recallText(k, found, total)}`;
  const parts = [`**${escaped(sentenceOf(search))}**${recall}`, escaped(settingsOf(search))];
  if (missed.length > 0) {
    const lines = missed.map(
      ({ place, id, label, distance, cluster, rank, lostTo }) =>
        `| ${place} | ${id} | ${escaped(label ?? "")} | ${exact(distance)} | ${cluster} | ` +
        `${lostTo === "unreached" ? "none" : count(rank)} | ${lostTo === null ? "" : LOSSES[lostTo]} |`,
    );
    const head = "| missed | row | label | distance | cluster | rank | why |";
    parts.push([head, `${"|---".repeat(7)}|`, ...lines].join("\n"));
    if (soFar === null) parts.push(escaped(remedyOf(search)));
  }
  parts.push(...search.findings.map((sentence) => `- ${escaped(sentence)}`));
  parts.push(`\`\`\`python\n${pythonOf(search)}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
}

/** The answer in one sentence. */
export function sentenceOf({ query, soFar, returned, found, total }: SharedSearch): string {
  if (soFar !== null) return `${query}: ${soFar}.`;
  if (total === null) return `The search for ${query} returned ${plural(returned, "row")}.`;
  if (total === 1) return `The true neighbour of ${query} ${found > 0 ? "came back" : "was missed"}.`;
  if (found === total) return `All ${plural(total, "true neighbour")} of ${query} came back.`;
  return `${count(found)} of ${plural(total, "true neighbour")} of ${query} came back.`;
}

/** The recall in three decimals; 1 where all came back only. */
function recallText(k: number, found: number, total: number): string {
  const thousandths = total === 0 ? 1000 : Math.floor((1000 * found) / total + 0.5);
  return `recall@${k} = ${(found < total ? Math.min(thousandths, 999) : thousandths) / 1000}`;
}

function settingsOf(search: SharedSearch): string {
  const { family, metric, ntotal, nlist, nprobe, k, distances, coarseExact } = search;
  const besides = coarseExact ? "" : " besides an approximate coarse search";
  const share = ntotal === 0 ? 0 : Math.floor((1000 * distances) / ntotal + 0.5) / 10;
  return (
    `${family}, ${plural(ntotal, "vector")}, ${metric}; nprobe ${count(nprobe)} of ${count(nlist)}, k ${count(k)}; ` +
    `${plural(distances, "distance")} computed${besides}, ${share.toFixed(1)} % of brute force`
  );
}

/** What finds the neighbours that were missed. */
function remedyOf({ foundAt, noCurve, found, total, nprobe }: SharedSearch): string {
  if (foundAt === null) return `Whether a larger nprobe finds them takes a search at each: ${noCurve}.`;
  const [best, last] = [foundAt.length, foundAt[foundAt.length - 1]];
  if (best < (total ?? 0)) {
    return best <= found
      ? "No nprobe finds more."
      : `nprobe = ${count(last)} finds ${count(best)}; no nprobe finds all.`;
  }
  return `nprobe = ${count(last)} finds all${last <= nprobe ? "; larger ones lose some to the code" : ""}.`;
}

/** Rows as comma-separated values (RFC 4180), with a line of names. */
export function csvOf(rows: readonly SharedRow[], hasReasons: boolean): string {
  const names = ["place", "id", "distance", "cluster", "rank", "label", ...(hasReasons ? ["why"] : [])];
  const lines = rows.map(({ place, id, distance, cluster, rank, label, why }) =>
    [place ?? "", id, exact(distance), cluster, rank, field(label), ...(hasReasons ? [field(why)] : [])].join(
      ",",
    ),
  );
  return `${[names.join(","), ...lines].join("\r\n")}\r\n`;
}

/** A float32 in the fewest digits that tell it from all others. */
function exact(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === Math.fround(value)) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

/** A text that a table takes as it is: one that begins like a formula is a formula to spreadsheets. */
function field(text: string | null): string {
  if (text === null) return "";
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** A text that Markdown takes as it is, in one line. */
function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>()#+!|$~&]/g, "\\$&");
}
