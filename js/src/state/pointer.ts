import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Settings } from "./settings";

/** The cluster and the row under the pointer, and the selected rows, in every view. */
export interface Pointer {
  /** The cluster under the pointer. */
  readonly hovered: Signal<number | null>;
  /** The row under the pointer. */
  readonly hoveredRow: Signal<bigint | null>;
  readonly selected: ReadonlySignal<ReadonlySet<bigint>>;
  /** Add a row to the selection, or take it out. */
  toggleSelected(id: bigint): void;
}

export function pointer({ selection }: Settings): Pointer {
  return {
    hovered: signal(null),
    hoveredRow: signal(null),
    selected: computed(() => new Set(selection.value)),
    toggleSelected(id) {
      const before = selection.peek();
      const without = before.filter((selected) => selected !== id);
      selection.value = without.length < before.length ? without : [...before, id];
    },
  };
}
