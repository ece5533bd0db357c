import type { AnyModel } from "@anywidget/types";
import { decode } from "./decode";
import type { Message, QueryChoice, Request } from "./messages";

/** A query whose search was recorded. */
export interface RecordedQuery {
  /** "row 42, deer". */
  readonly name: string;
  /** What to ask for it by. */
  readonly wish: QueryChoice | Float32Array;
  isOf(id: bigint | null, vector: Float32Array): boolean;
}

/** The way to a kernel, or to a recording of one. */
export interface Transport {
  /** The queries that a recording answers; null where a kernel answers any. */
  readonly recorded: readonly RecordedQuery[] | null;
  /** Throws `Disconnected` when the kernel is known to be gone. */
  send(request: Request, buffers?: ArrayBuffer[]): void;
  onMessage(listener: (message: Message) => void, signal: AbortSignal): void;
  onDisconnect(listener: () => void, signal: AbortSignal): void;
}

/** Milliseconds that a coarse message waits for the next one: handling both together saves one frame. */
const HELD = 40;

/** Messages that may come between a coarse message and the first candidates. */
const ABOUT_CLUSTERS: readonly string[] = ["bounds", "ranked"] satisfies Message["kind"][];

/** The code of the failure in place of a message that cannot be read. */
const UNREADABLE = "unreadable";

export class Disconnected extends Error {
  constructor() {
    super("kernel disconnected");
  }
}

type EventHandler = Exclude<Parameters<AnyModel["off"]>[1], null | undefined>;

/** The kernel behind an anywidget model. */
export class CommTransport implements Transport {
  readonly recorded = null;
  readonly #model: AnyModel;

  constructor(model: AnyModel) {
    this.#model = model;
  }

  send(request: Request, buffers: ArrayBuffer[] = []): void {
    try {
      this.#model.send(request, undefined, buffers);
    } catch {
      throw new Disconnected();
    }
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    let held: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const release = () => {
      clearTimeout(timer);
      timer = undefined;
      const messages = held;
      held = [];
      for (const message of messages) deliver(listener, message);
    };
    const receive = (content: unknown, buffers: DataView[]) => {
      const message = readable(content, buffers);
      held.push(message);
      if (message.kind === "coarse") timer ??= setTimeout(release, HELD);
      else if (held.length === 1 || !ABOUT_CLUSTERS.includes(message.kind)) release();
    };
    this.#on("msg:custom", receive, signal);
    // A message from before the kernel went must not be taken for a sign of life.
    this.#on("comm_live_update", release, signal);
    signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /**
   * The host says that a model's comm has died or come back, as when its kernel restarts, but not which of the two. It
   * counts as dead until a message arrives.
   */
  onDisconnect(listener: () => void, signal: AbortSignal): void {
    this.#on("comm_live_update", listener, signal);
  }

  #on(event: string, listener: EventHandler, signal: AbortSignal): void {
    this.#model.on(event, listener);
    signal.addEventListener("abort", () => this.#model.off(event, listener));
  }
}

/** Pass a message on; one that does not fit to the others before it is dropped. */
export function deliver(listener: (message: Message) => void, message: Message): void {
  try {
    listener(message);
  } catch (error) {
    console.warn("feder_widget: message dropped:", error);
  }
}

/** The message, or a failure in place of one that is damaged or of a kernel of another version. */
function readable(content: unknown, buffers: DataView[]): Message {
  try {
    return decode(content, buffers);
  } catch (error) {
    return {
      kind: "error",
      request: null,
      code: UNREADABLE,
      message: `A message of the kernel cannot be read (${(error as Error).message}). Run the cell again.`,
    };
  }
}
