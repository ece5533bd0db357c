import type { AnyModel } from "@anywidget/types";
import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** Milliseconds of rest before a further save, and the longest that one waits: each costs the host two frames. */
const REST = 150;
const LONGEST = 1000;

/** Saves a first change at once, and those that follow closely, as when a slider is dragged, together. */
export class Saves {
  readonly #model: AnyModel;
  readonly #unsaved = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #saved = 0;

  constructor(model: AnyModel, abort: AbortSignal) {
    this.#model = model;
    abort.addEventListener("abort", () => {
      if (this.#timer !== null) clearTimeout(this.#timer);
    });
  }

  /** Whether a change of this trait has yet to be saved. */
  awaits(name: string): boolean {
    return this.#unsaved.has(name);
  }

  save(name: string): void {
    this.#unsaved.add(name);
    if (this.#timer === null) this.#now();
    else if (performance.now() - this.#saved < LONGEST) {
      clearTimeout(this.#timer);
      this.#wait();
    }
  }

  #now(): void {
    this.#unsaved.clear();
    try {
      this.#model.save_changes();
    } catch {
      // The kernel is gone: the page goes on with its own values.
    }
    this.#saved = performance.now();
    this.#wait();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#unsaved.size > 0) this.#now();
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
 * A signal that follows one trait of the model, both ways. `read` checks a value of the kernel, and returns
 * undefined for one to ignore. A value that arrives while a newer one waits to be saved is ignored as well: it is the
 * kernel's echo of an older one.
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
  const agrees = (value: unknown) => JSON.stringify(value) === JSON.stringify(model.get(name));
  const pull = () => {
    if (saves.awaits(name)) {
      if (!agrees(write(state.peek()))) model.set(name, write(state.peek()));
      return;
    }
    const value = read(model.get(name));
    if (value !== undefined) state.value = value;
  };
  model.on(`change:${name}`, pull);
  const stop = effect(() => {
    const value = write(state.value);
    if (agrees(value)) return;
    model.set(name, value);
    saves.save(name);
  });
  abort.addEventListener("abort", () => {
    model.off(`change:${name}`, pull);
    stop();
  });
  return state;
}
