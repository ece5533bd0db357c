import { describe, expect, it } from "vitest";
import graph from "../../tests/fixtures/graph.json";
import recorded from "../../tests/fixtures/session.json";
import { clusterRecall, LEAST_QUERIES } from "../src/model/clusterRecall";
import { Probe } from "../src/model/probe";
import { resultsOf } from "../src/model/results";
import { Search } from "../src/model/search";
import { readSummary } from "../src/model/summary";
import { missedBy, returnedAt, truthOfMessage } from "../src/model/truth";
import { decode } from "../src/protocol/decode";
import { LAYOUTS, type Message } from "../src/protocol/messages";

function viewOf(text: string): DataView {
  return new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

function messagesOf(packets: { content: unknown; buffers: string[] }[]): Message[] {
  return packets.map(({ content, buffers }) => decode(content, buffers.map(viewOf)));
}

const messages = messagesOf(recorded.messages);
const refined = messagesOf(recorded.refined.messages);
const pictured = messagesOf(recorded.picture.messages);
const summary = readSummary({ ...recorded.summary, sizes: viewOf(recorded.summary.sizes) });

function the<K extends Message["kind"]>(kind: K, among = messages): Extract<Message, { kind: K }> {
  const found = among.find((message) => message.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} message`);
  return found as Extract<Message, { kind: K }>;
}

function searchOf(among: Message[]): Search {
  const search = new Search(the("coarse", among), summary.sizes);
  const { request } = the("coarse", among);
  for (const message of among) {
    if ((message.kind === "fine" || message.kind === "nearest") && message.request === request) {
      search.add(message);
    }
  }
  return search;
}

describe("a recorded session", () => {
  it("has a message of every kind, and all can be read", () => {
    const ofGraph = messagesOf([...graph.apart.messages, ...graph.map.messages]);
    const ofMap = messagesOf(recorded.partial_map.messages);
    const kinds = new Set(
      [...messages, ...refined, ...pictured, ...ofMap, ...ofGraph].map(({ kind }) => kind),
    );
    expect([...kinds].sort()).toEqual(
      Object.keys(LAYOUTS)
        .filter((kind) => !["index", "graph"].includes(kind))
        .sort(),
    );
  });

  it("tells the index", () => {
    expect(summary).toMatchObject({ nlist: 8, ntotal: 200, dim: 4, given: true, exact: false, kMax: 100 });
    expect(summary.sizes.reduce((sum, size) => sum + size, 0)).toBe(200);
  });

  it("misses the true neighbours that Python says are missed, at every nprobe", () => {
    const search = searchOf(messages);
    const truth = truthOfMessage(the("truth"), search);
    expect(truth.neighbours.map(({ id }) => id.toString())).toEqual(recorded.truth.ids);
    recorded.truth.missed.forEach((missed, i) => {
      const nprobe = i + 1;
      const probe = new Probe(Uint32Array.from({ length: nprobe }, (_, rank) => rank + 1));
      expect(missedBy(truth, returnedAt(nprobe), probe, summary).map(({ id }) => id.toString())).toEqual(
        missed,
      );
    });
  });

  it("has Faiss's results where the index re-ranks", () => {
    const results = refined.filter((message) => message.kind === "results").at(-1);
    if (results?.kind !== "results") throw new Error("no results");
    const ids = resultsOf(results, searchOf(refined)).map(({ id }) => id.toString());
    expect(ids).toEqual(recorded.refined.ids);
    expect(results.handed_over.length).toBe(results.first_pass.length);
  });

  it("has Python's curves of the workload", () => {
    const workload = the("workload");
    const { recall, worst, compared, without_any, hardest } = recorded.workload;
    const n = workload.nprobes.length;
    const near = (values: Float32Array, expected: number[]) =>
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 5);
      });
    expect(n).toBe(recall.length);
    near(workload.recall, recall);
    near(workload.compared, compared);
    near(workload.without_any, without_any);
    near(workload.reached.subarray(workload.shares.indexOf(1) * n), worst);
    expect([...the("hardest").places]).toEqual(hardest);
  });

  it("has Python's mean recall of the queries nearest to each cluster", () => {
    const { nearest_clusters: nearest, recall_of: recalls } = recorded.workload;
    recalls.forEach((recall: number[], i: number) => {
      const { means, queries } = clusterRecall([the("query_recalls")], summary.nlist, i + 1);
      means.forEach((mean, cluster) => {
        const own = recall.filter((_, query) => nearest[query] === cluster);
        expect(queries[cluster]).toBe(own.length);
        if (own.length < LEAST_QUERIES) expect(mean).toBeNaN();
        else expect(mean).toBeCloseTo(own.reduce((sum, one) => sum + one, 0) / own.length, 5);
      });
    });
  });
});
