import type { AnyModel } from "@anywidget/types";
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** Milliseconds of rest before a further save, and the longest that one waits: each costs the host two frames. */
const REST = 150;
const LONGEST = 1000;

/**
 * Saves a first change at once, and those that follow closely, as when a slider is dragged, together. The model gets a
 * value when it is saved: one that waits can be taken back.
 */
export class Saves {
  readonly #model: AnyModel;
  /** The values that wait, by name of their trait. */
  readonly #unsaved = new Map<string, unknown>();
  /** As JSON, what was saved since the last rest: the kernel may send it back. */
  readonly #saved = new Map<string, Set<string>>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #savedAt = 0;

  constructor(model: AnyModel, abort: AbortSignal) {
    this.#model = model;
    abort.addEventListener("abort", () => {
      if (this.#timer !== null) clearTimeout(this.#timer);
    });
  }

  /** Whether a value of this trait has yet to be saved that is newer than this one of the kernel: an echo. */
  supersedes(name: string, value: unknown): boolean {
    return this.#unsaved.has(name) && this.#saved.get(name)?.has(JSON.stringify(value)) === true;
  }

  save(name: string, value: unknown): void {
    this.#unsaved.set(name, value);
    if (this.#timer === null) this.#now();
    else if (performance.now() - this.#savedAt < LONGEST) {
      clearTimeout(this.#timer);
      this.#wait();
    }
  }

  /** Save no value of this trait that waits. */
  drop(name: string): void {
    this.#unsaved.delete(name);
  }

  #now(): void {
    const values = [...this.#unsaved];
    this.#unsaved.clear();
    for (const [name, value] of values) {
      this.#model.set(name, value);
      this.#saved.set(name, (this.#saved.get(name) ?? new Set()).add(JSON.stringify(value)));
    }
    try {
      this.#model.save_changes();
    } catch {
      // The kernel is gone: the page goes on with its own values.
    }
    this.#savedAt = performance.now();
    this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#unsaved.size > 0) this.#now();
      else this.#saved.clear();
    }, REST);
  }
}

/** A signal that follows a trait which only the kernel sets; a value that `read` throws at is ignored. */
export function followTrait<T>(
  model: AnyModel,
  name: string,
  read: (value: unknown) => T,
  abort: AbortSignal,
): ReadonlySignal<T> {
  const state = signal<T>(read(model.get(name)));
  const pull = () => {
    try {
      state.value = read(model.get(name));
    } catch (error) {
      console.warn("feder_widget: trait ignored:", error);
    }
  };
  model.on(`change:${name}`, pull);
  abort.addEventListener("abort", () => model.off(`change:${name}`, pull));
  return state;
}

/**
 * A signal that follows one trait of the model, both ways: the newest value counts. `read` checks a value of the kernel,
 * and returns undefined for one to ignore. The kernel's echo of a value that was saved is older than one that waits.
 */
export function traitSignal<T>(
  model: AnyModel,
  saves: Saves,
  name: string,
  read: (value: unknown) => T | undefined,
  write: (value: T) => unknown,
  fallback: T,
  abort: AbortSignal,
): Signal<T> {
  const state = signal<T>(read(model.get(name)) ?? fallback);
  const agrees = (value: T) => JSON.stringify(write(value)) === JSON.stringify(model.get(name));
  const pull = () => {
    const value = read(model.get(name));
    if (value === undefined || agrees(state.peek()) || saves.supersedes(name, model.get(name))) return;
    state.value = value;
  };
  model.on(`change:${name}`, pull);
  const stop = effect(() => {
    if (agrees(state.value)) saves.drop(name);
    else saves.save(name, write(state.value));
  });
  abort.addEventListener("abort", () => {
    model.off(`change:${name}`, pull);
    stop();
  });
  return state;
}
