import type { Message, Request } from "./messages";
import { type Recording, RecordingNotes } from "./recording";
import type { Transport } from "./transport";

/** Passes a session on and keeps a recording of it. */
export class Recorder implements Transport {
  readonly recorded = null;
  readonly #transport: Transport;
  readonly #notes = new RecordingNotes();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get recording(): Recording {
    return this.#notes.recording;
  }

  send(request: Request, buffers?: ArrayBuffer[]): void {
    this.#notes.ask(request);
    this.#transport.send(request, buffers);
  }

  onMessage(listener: (message: Message) => void, signal: AbortSignal): void {
    this.#transport.onMessage((message) => {
      this.#notes.note(message);
      listener(message);
    }, signal);
  }

  onDisconnect(listener: () => void, signal: AbortSignal): void {
    this.#transport.onDisconnect(listener, signal);
  }
}
