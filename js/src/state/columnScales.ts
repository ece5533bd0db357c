import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type ColumnScale, joinedScale } from "../model/columnScale";
import { Parts } from "../model/parts";
import type { Summary } from "../model/summary";
import type { Asker } from "../protocol/asker";
import type { RequestName, Scale } from "../protocol/messages";
import type { Colouring } from "./colouring";
import { RowCodes } from "./rowCodes";

/** A column of numbers as colours. */
export interface ColumnScales {
  /** The column that a person has chosen last; null before. */
  readonly column: Signal<number | null>;
  /** The scale of that column, where it is what colours mean; null elsewhere, and until it has come. */
  readonly shown: ReadonlySignal<ColumnScale | null>;
  /** The reason why it cannot be shown; null where it can be, or is on its way. */
  readonly refusal: ReadonlySignal<string | null>;
  /** The levels of rows one by one. */
  readonly rows: RowCodes<ColumnScale>;
}

interface Asked {
  readonly request: RequestName;
  readonly column: number;
  readonly version: number;
}

/** Ask for the scale of a column once it is wanted as colours, and again whenever the index has changed. */
export function columnScales(
  wanted: ReadonlySignal<Colouring>,
  summary: ReadonlySignal<Summary>,
  asker: Asker,
  abort: AbortSignal,
): ColumnScales {
  const column = signal<number | null>(null);
  const received = signal<ColumnScale | null>(null);
  const refused = signal<(Asked & { readonly reason: string }) | null>(null);
  const parts = new Parts<Scale>();
  let asked: Asked | null = null;
  asker.onMessage((message) => {
    if (asked === null || !("request" in message) || message.request !== asked.request) return;
    if (message.kind === "scale" && message.rows === summary.peek().nlist) {
      const all = parts.take(message, message.valued.length);
      if (all !== null) received.value = joinedScale(all);
    } else if (message.kind === "error") refused.value = { ...asked, reason: message.message };
  });
  const isWanted = computed(() => wanted.value === "scale" && column.value !== null);
  const shown = computed(() => {
    const scale = received.value;
    const isOfThese = scale?.column === column.value && scale?.index_version === summary.value.indexVersion;
    return isWanted.value && isOfThese ? scale : null;
  });
  const refusal = computed(() => {
    const { column: of, version, reason } = refused.value ?? {};
    return isWanted.value && of === column.value && version === summary.value.indexVersion
      ? (reason ?? null)
      : null;
  });
  effect(() => {
    // Without a signal that it reads, it ends.
    if (abort.aborted) return;
    const of = column.value;
    if (!isWanted.value || of === null || shown.value !== null || refusal.value !== null) return;
    if (!asker.connected.value) return;
    const request = asker.askScale(of);
    asked = request === null ? null : { request, column: of, version: summary.value.indexVersion };
  });
  const rows = new RowCodes(summary, shown, async (clusters, scale) => {
    const answer = await asker.rowLevels(clusters, scale.column);
    if (answer.kind === "error" || answer.low !== scale.low || answer.high !== scale.high) return null;
    return { ...answer, codes: answer.levels };
  });
  return { column, shown, refusal, rows };
}

interface Colours {
  readonly coloursBy: ReadonlySignal<string>;
  readonly scale: ColumnScales;
}

/** The scale of a column where its numbers are what colours mean; null elsewhere. */
export function shownScale({ coloursBy, scale }: Colours): ColumnScale | null {
  return coloursBy.value === "scale" ? scale.shown.value : null;
}
