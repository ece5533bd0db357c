import type { AnyModel } from "@anywidget/types";

type Listener = (...values: unknown[]) => void;

/** A widget's model without a host: values that the page alone sets. */
export class LocalModel {
  readonly #values: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(values: Record<string, unknown>) {
    this.#values = { ...values };
  }

  get(name: string): unknown {
    return this.#values[name];
  }

  set(name: string, value: unknown): void {
    this.#values[name] = value;
    for (const listener of this.#listeners.get(`change:${name}`) ?? []) listener();
  }

  save_changes(): void {}

  on(name: string, listener: Listener): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
  }

  off(name: string, listener: Listener): void {
    this.#listeners.get(name)?.delete(listener);
  }
}

/** As the widget knows it: it sends nothing by a model that has no host. */
export function asModel(model: LocalModel): AnyModel {
  return model as unknown as AnyModel;
}
