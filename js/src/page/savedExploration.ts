import { decode } from "../protocol/decode";
import type { Request } from "../protocol/messages";
import { type Recording, RecordingNotes } from "../protocol/recording";

/** A message as it went over the wire, and the lengths of its buffers. */
interface Entry {
  readonly content: unknown;
  readonly lengths: readonly number[];
}

/** The header of a block; see `packed_recording.py`. */
interface Header {
  /** What the widget begins with; in the first block alone. A graph is described by one of the traits. */
  readonly traits?: Record<string, unknown>;
  readonly summary?: Entry;
  readonly exchanges: readonly { readonly asked: Request; readonly answers: readonly Entry[] }[];
}

/** What the widget begins with, and all that it can be told. */
export interface SavedExploration {
  readonly traits: Record<string, unknown>;
  readonly recording: Recording;
}

/** Decompress what a page holds as base64. */
export async function unpacked(text: string): Promise<ArrayBuffer> {
  const letters = atob(text);
  const packed = new Uint8Array(letters.length);
  for (let i = 0; i < packed.length; i++) packed[i] = letters.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/**
 * Read the traits and the messages. They come in blocks: four bytes that tell the length of a header, the header as JSON,
 * then its buffers one after the other.
 */
export function readSaved(bytes: ArrayBuffer): SavedExploration {
  const notes = new RecordingNotes();
  let traits: Record<string, unknown> = {};
  let start = 0;
  const buffersOf = ({ lengths }: Entry) =>
    lengths.map((size) => {
      // A copy: numbers of 8 bytes begin at multiples of 8.
      const buffer = bytes.slice(start, start + size);
      start += size;
      return new DataView(buffer);
    });
  while (start < bytes.byteLength) {
    const { length, header } = headerAt(bytes, start);
    start += 4 + length;
    if (header.traits !== undefined) traits = { ...header.traits };
    if (header.summary !== undefined) {
      const [sizes] = buffersOf(header.summary);
      traits._summary = { ...(header.summary.content as object), sizes };
    }
    for (const { asked, answers } of header.exchanges) {
      notes.ask(asked);
      for (const answer of answers) notes.note(decode(answer.content, buffersOf(answer)));
    }
  }
  return { traits, recording: notes.recording };
}

function headerAt(bytes: ArrayBuffer, start: number): { length: number; header: Header } {
  const length = new DataView(bytes).getUint32(start, true);
  const text = new TextDecoder().decode(new Uint8Array(bytes, start + 4, length));
  return { length, header: JSON.parse(text) as Header };
}
