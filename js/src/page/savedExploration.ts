import { decode } from "../protocol/decode";
import type { Request } from "../protocol/messages";
import { type Recording, RecordingNotes } from "../protocol/recording";

/** A message as it went over the wire, and the lengths of its buffers. */
interface Entry {
  readonly content: unknown;
  readonly lengths: readonly number[];
}

/** What a saved page says of itself; see `saved_exploration.py`. */
interface Header {
  readonly traits: Record<string, unknown>;
  readonly summary: Entry;
  readonly exchanges: readonly { readonly asked: Request; readonly answers: readonly Entry[] }[];
}

/** What the widget begins with, and all that it can be told. */
export interface SavedExploration {
  readonly traits: Record<string, unknown>;
  readonly recording: Recording;
}

/** Decompress what a page holds as base64. */
export async function unpacked(text: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/**
 * Read the traits and the messages: four bytes that tell the length of the header, the header as JSON, then all buffers
 * one after the other.
 */
export function readSaved(bytes: ArrayBuffer): SavedExploration {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as Header;
  let start = 4 + length;
  const buffersOf = ({ lengths }: Entry) =>
    lengths.map((size) => {
      // A copy: numbers of 8 bytes begin at multiples of 8.
      const buffer = bytes.slice(start, start + size);
      start += size;
      return new DataView(buffer);
    });
  const [sizes] = buffersOf(header.summary);
  const notes = new RecordingNotes();
  for (const { asked, answers } of header.exchanges) {
    notes.ask(asked);
    for (const answer of answers) notes.note(decode(answer.content, buffersOf(answer)));
  }
  const summary = { ...(header.summary.content as object), sizes };
  return { traits: { ...header.traits, _summary: summary }, recording: notes.recording };
}
