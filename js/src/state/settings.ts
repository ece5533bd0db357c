import type { Signal } from "@preact/signals";

/** Settings that are synchronised with Python. */
export interface Settings {
  readonly nprobe: Signal<number>;
  readonly k: Signal<number>;
  /** Whether a query that is a row is among its own results and true neighbours. */
  readonly includeSelf: Signal<boolean>;
  readonly queryId: Signal<bigint | null>;
  readonly cluster: Signal<number | null>;
  readonly selection: Signal<readonly bigint[]>;
  readonly view: Signal<string>;
  readonly theme: Signal<string>;
}
