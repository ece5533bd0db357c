/** A search as text for other places: Markdown, Python, comma-separated values. */

/** A row of a list that is shared, with its label. */
export interface SharedRow {
  readonly place: number | null;
  readonly id: bigint;
  readonly distance: number;
  readonly cluster: number;
  readonly rank: number;
  readonly label: string | null;
  /** Why it did not come back; null for one that did. */
  readonly why: string | null;
}

/** What is told of the search on screen. */
export interface SharedSearch {
  /** "row 42". */
  readonly query: string;
  /** The row id; null for a vector. */
  readonly row: bigint | null;
  /** "3 of 12 true neighbours came back". */
  readonly headline: string;
  /** What returns all true neighbours; null where nothing is missed, or nothing does. */
  readonly remedy: string | null;
  readonly family: string;
  readonly ntotal: number;
  readonly nlist: number;
  readonly nprobe: number;
  readonly k: number;
  readonly includeSelf: boolean;
  readonly missed: readonly SharedRow[];
  readonly findings: readonly string[];
}

/** The lines of Python that show this search in the widget. */
export function pythonOf({ row, nprobe, k, includeSelf }: SharedSearch): string {
  const self = includeSelf ? ", include_self=True" : "";
  return [
    "import feder_widget as fw",
    "",
    `w = fw.FederWidget(index, nprobe=${nprobe}, k=${k}${self})`,
    `w.search(${row ?? "vector"})`,
    "w",
  ].join("\n");
}

export function markdownOf(search: SharedSearch): string {
  const { query, headline, family, ntotal, nlist, nprobe, k, missed, remedy, findings } = search;
  const parts = [
    `**${escaped(query)}: ${headline}.**`,
    `${escaped(family)}, ${ntotal} vectors; nprobe ${nprobe} of ${nlist}, k ${k}`,
  ];
  if (missed.length > 0) {
    const lines = missed.map(
      ({ place, id, label, distance, cluster, rank, why }) =>
        `| ${place} | ${id} | ${escaped(label ?? "")} | ${exact(distance)} | ${cluster} | ${rank} | ${escaped(why ?? "")} |`,
    );
    const head = "| missed | row | label | distance | cluster | rank | why |";
    parts.push([head, `${"|---".repeat(7)}|`, ...lines].join("\n"));
  }
  if (remedy !== null) parts.push(`${remedy}.`);
  parts.push(...findings.map((sentence) => `- ${escaped(sentence)}`));
  parts.push(`\`\`\`python\n${pythonOf(search)}\n\`\`\``);
  return `${parts.join("\n\n")}\n`;
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
