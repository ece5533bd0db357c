import type { AnyModel } from "@anywidget/types";
import { decode } from "./decode";
import type { Message, Request } from "./messages";

/** The other end of the conversation: a kernel, or a recording of one. */
export interface Transport {
  /** Throws `Disconnected` when nobody listens any more. */
  send(request: Request, buffers?: ArrayBuffer[]): void;
  onMessage(listener: (message: Message) => void, signal: AbortSignal): void;
  onDisconnect(listener: () => void, signal: AbortSignal): void;
}

/** Milliseconds that a coarse message waits for what follows it: a frame less is drawn when both are taken in at once. */
const HELD = 40;

/** The code of the failure that stands for a message that cannot be read. */
export const UNREADABLE = "unreadable";

export class Disconnected extends Error {
  constructor() {
    super("kernel disconnected");
  }
}

/** What a model takes as a listener to any event. */
type EventHandler = Exclude<Parameters<AnyModel["off"]>[1], null | undefined>;

/** The kernel behind an anywidget model. */
export class CommTransport implements Transport {
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
    const tell = (message: Message) => {
      try {
        listener(message);
      } catch (error) {
        console.warn("feder_widget: message dropped:", error);
      }
    };
    const release = () => {
      clearTimeout(timer);
      timer = undefined;
      const messages = held;
      held = [];
      messages.forEach(tell);
    };
    const receive = (content: unknown, buffers: DataView[]) => {
      const message = readable(content, buffers);
      held.push(message);
      if (message.kind === "coarse") timer ??= setTimeout(release, HELD);
      else if (held.length === 1 || message.kind !== "bounds") release();
    };
    this.#on("msg:custom", receive, signal);
    // What came before the kernel went must not be taken for a sign of life.
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

/** What a message says, or that it says nothing: it is damaged, or that of a kernel of another version. */
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
