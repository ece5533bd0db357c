import type { AnyModel } from "@anywidget/types";

type Listener = (...values: never[]) => void;

/** A widget's model as anywidget hands it to the front end: traits, and messages both ways. */
export class FakeModel {
  alive = true;
  /** What each `save_changes` sent to the kernel. */
  readonly saved: Record<string, unknown>[] = [];
  readonly sent: { content: Record<string, unknown>; buffers: ArrayBuffer[] }[] = [];
  readonly #state: Record<string, unknown>;
  #changed: Record<string, unknown> = {};
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(state: Record<string, unknown>) {
    this.#state = { ...state };
  }

  /** The same, where a whole model is wanted. */
  get model(): AnyModel {
    return this as unknown as AnyModel;
  }

  get(name: string): unknown {
    return this.#state[name];
  }

  set(name: string, value: unknown): void {
    this.#state[name] = value;
    this.#changed[name] = value;
    this.#emit(`change:${name}`);
  }

  save_changes(): void {
    if (!this.alive) throw new Error("Cannot send");
    this.saved.push(this.#changed);
    this.#changed = {};
  }

  send(content: Record<string, unknown>, _callbacks?: unknown, buffers: ArrayBuffer[] = []): void {
    if (!this.alive) throw new Error("Cannot send");
    this.sent.push({ content, buffers });
  }

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  /** Set a trait as the kernel does. */
  receive(name: string, value: unknown): void {
    this.#state[name] = value;
    this.#emit(`change:${name}`);
  }

  /** Send a message as the kernel does. */
  say(content: unknown, buffers: DataView[] = []): void {
    this.#emit("msg:custom", content, buffers);
  }

  /** Lose the kernel as the host tells of it. */
  lose(): void {
    this.alive = false;
    this.#emit("comm_live_update", { comm_live: false });
  }

  listeners(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }

  #emit(event: string, ...values: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? [])
      (listener as (...all: unknown[]) => void)(...values);
  }
}
