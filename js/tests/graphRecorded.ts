import recorded from "../../tests/fixtures/graph.json";
import { type GraphTruth, truthOf } from "../src/graph/model/truth";
import { GraphWalk } from "../src/graph/model/walk";
import { decode } from "../src/protocol/decode";
import type { Message, Walk, WalkTruth } from "../src/protocol/messages";

export type Recorded = typeof recorded.apart;
export { recorded };

export const GRAPHS = ["apart", "similar", "tied", "reranked"] as const;

function viewOf(text: string): DataView {
  return new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

interface Packets {
  readonly messages: readonly { readonly content: unknown; readonly buffers: readonly string[] }[];
}

export function messagesOf({ messages }: Packets): Message[] {
  return messages.map(({ content, buffers }) => decode(content, buffers.map(viewOf)));
}

export function walkOf(graph: Packets): GraphWalk {
  return new GraphWalk(messagesOf(graph).find(({ kind }) => kind === "walk") as Walk);
}

export function truthsOf(graph: Recorded): Map<number, GraphTruth> {
  const said = messagesOf(graph).filter(({ kind }) => kind === "walk_truth") as WalkTruth[];
  return new Map(said.map((message) => [message.k, truthOf(message, graph.summary.ntotal)]));
}
