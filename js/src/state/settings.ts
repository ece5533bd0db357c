import type { Signal } from "@preact/signals";

/** The settings that Python sees too. */
export interface Settings {
  readonly nprobe: Signal<number>;
  readonly k: Signal<number>;
  readonly queryId: Signal<bigint | null>;
  readonly cluster: Signal<number | null>;
  readonly selection: Signal<readonly bigint[]>;
  readonly view: Signal<string>;
  readonly theme: Signal<string>;
}
