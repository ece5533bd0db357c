import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/wire.json";
import { resultsAt } from "../src/results";
import { Search } from "../src/search";
import { type Coarse, decode } from "../src/wire";
import { candidatesOf, coarseOf, summaryOf } from "./support";

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

type Recorded = (typeof recorded)[number];

function messagesOf(one: Recorded) {
  return one.messages.map(({ content, buffers }) =>
    decode(
      content,
      buffers.map((text) => new DataView(bytesOf(text))),
    ),
  );
}

function searchOf(one: Recorded): Search {
  const [coarse, ...others] = messagesOf(one);
  const search = new Search(coarse as Coarse, Int32Array.from(one.sizes));
  for (const message of others) {
    if (message.kind === "fine" || message.kind === "nearest") search.add(message);
  }
  return search;
}

describe.each(recorded)("the recorded search: $name", (one) => {
  const search = searchOf(one);

  it("is here whole", () => {
    expect(search.received).toBe(one.sizes.length);
    expect(messagesOf(one).at(-1)?.kind).toBe("done");
  });

  it.each(one.expected)("has Faiss's own $k results at every nprobe", ({ k, ...expected }) => {
    const ids = new BigInt64Array(bytesOf(expected.ids));
    const distances = new Float32Array(bytesOf(expected.distances));
    for (let nprobe = 1; nprobe <= search.nlist; nprobe++) {
      const at = (nprobe - 1) * k;
      const real = [...ids.subarray(at, at + k)].filter((id) => id !== -1n).length;
      const results = resultsAt(search, nprobe, k, one.similarity);
      expect(results.map((result) => result.id)).toEqual([...ids.subarray(at, at + real)]);
      expect(results.map((result) => result.distance)).toEqual([...distances.subarray(at, at + real)]);
    }
  });

  it("says of each result which cluster it was in", () => {
    for (const result of resultsAt(search, search.nlist, 12, one.similarity)) {
      expect(search.order[result.clusterRank - 1]).toBe(result.cluster);
      const list = search.at(result.clusterRank);
      expect(list?.ids.subarray(list.start, list.end)).toContain(result.id);
    }
  });
});

describe("results while a search is arriving", () => {
  const summary = summaryOf([3, 4, 5]);

  it("are the best of what is here", () => {
    const search = new Search(coarseOf(summary), summary.sizes);
    expect(resultsAt(search, 3, 4, false)).toEqual([]);
    search.add(candidatesOf(summary, 1, 1));
    expect(resultsAt(search, 3, 4, false).map((result) => result.id)).toEqual([0n, 1n, 2n]);
    search.add(candidatesOf(summary, 2, 3, { kind: "nearest" }));
    expect(resultsAt(search, 3, 4, false).map((result) => result.id)).toEqual([0n, 1n, 2n, 3n]);
    expect(resultsAt(search, 1, 4, false).map((result) => result.id)).toEqual([0n, 1n, 2n]);
  });

  it("are none when nothing is probed", () => {
    const search = new Search(coarseOf(summary), summary.sizes);
    search.add(candidatesOf(summary, 1, 3));
    expect(resultsAt(search, 0, 4, false)).toEqual([]);
  });
});
