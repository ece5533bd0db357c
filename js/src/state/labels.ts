import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { hasValues } from "../model/columnScale";
import { areTexts, joinedLabels, type LabelCounts } from "../model/labels";
import { Parts } from "../model/parts";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { Labels as LabelsPart } from "../protocol/messages";
import type { Colouring } from "./colouring";
import { type ColumnScales, columnScales } from "./columnScales";
import { RowCodes } from "./rowCodes";

/** The labels as colours: whether they are, of which label each cluster has most, and the label that stands out. */
export interface Labels {
  /** What a person has chosen; see `coloursBy`. */
  readonly wanted: Signal<Colouring>;
  /** The column whose values are the labels; null for the labels themselves. */
  readonly column: Signal<number | null>;
  /** What colours of rows mean: ranks, until labels or numbers have been read and can have colours. */
  readonly coloursBy: ReadonlySignal<"rank" | "label" | "scale">;
  /** The column whose numbers are colours. */
  readonly scale: ColumnScales;
  /** Null until they have been counted; they are counted once a person chooses them as colours. */
  readonly counts: ReadonlySignal<LabelCounts | null>;
  /** The label that stands out from all others, null for none. */
  readonly chosen: Signal<string | null>;
  /** Its place among the named labels. */
  readonly chosenPlace: ReadonlySignal<number | null>;
  /** The labels of rows one by one. */
  readonly rows: RowCodes<LabelCounts>;
  /** The place of a label among the named ones, their number for any other, one more for none. */
  placeOf(label: string | null): number;
}

/** Ask for the labels of clusters once they are wanted as colours, and again whenever the index has changed. */
export function labels(summary: ReadonlySignal<Summary>, asker: Asker, abort: AbortSignal): Labels {
  const wanted = signal<Colouring>("rank");
  const column = signal<number | null>(null);
  const chosen = signal<string | null>(null);
  const counted = signal<LabelCounts | null>(null);
  const parts = new Parts<LabelsPart>();
  const isNew = ({ index_version: version }: Pick<LabelsPart, "index_version">) =>
    version === summary.peek().indexVersion;
  asker.onMessage((message) => {
    if (message.kind !== "labels" || !isNew(message) || message.rows !== summary.peek().nlist) return;
    if (message.column !== column.peek()) return;
    const all = parts.take(message, message.most.length);
    if (all !== null && !(counts.peek()?.final && isNew(counts.peek() as LabelCounts))) {
      counted.value = joinedLabels(all);
    }
  });
  const counts = computed(() => {
    const isOfThese =
      counted.value?.index_version === summary.value.indexVersion && counted.value.column === column.value;
    return isOfThese ? counted.value : null;
  });
  const names = computed(() => counts.value?.names ?? []);
  effect(() => {
    // Without a signal that it reads, it ends.
    if (abort.aborted) return;
    if (wanted.value === "label" && asker.connected.value && counts.value === null) {
      asker.askLabels(column.value);
    }
  });
  const chosenPlace = computed(() => {
    const place = chosen.value === null ? -1 : names.value.indexOf(chosen.value);
    return place < 0 ? null : place;
  });
  const scale = columnScales(wanted, summary, asker, abort);
  const final = computed(() => (counts.value?.final ? counts.value : null));
  const rows = new RowCodes(summary, final, async (clusters, among) => {
    const answer = await asker.rowLabels(clusters, among.column);
    return answer.kind === "error" || answer.names.join("\n") !== among.names.join("\n") ? null : answer;
  });
  return {
    wanted,
    column,
    scale,
    coloursBy: computed(() => {
      if (scale.shown.value !== null && hasValues(scale.shown.value)) return "scale";
      const known = counts.value;
      return wanted.value === "label" && known !== null && known.names.length > 0 && !areTexts(known)
        ? "label"
        : "rank";
    }),
    counts,
    chosen,
    chosenPlace,
    rows,
    placeOf: (label) => {
      const all = names.value;
      if (label === null) return all.length + 1;
      const place = all.indexOf(label);
      return place < 0 ? all.length : place;
    },
  };
}
