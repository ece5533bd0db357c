import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import recorded from "../../tests/fixtures/wire.json";
import { Asker } from "../src/protocol/asker";
import { decode } from "../src/protocol/decode";
import type { Members, Message } from "../src/protocol/messages";
import { Recorder } from "../src/protocol/recorder";
import { RecordingTransport } from "../src/protocol/recordingTransport";
import { explore } from "../src/state/exploration";
import { answerOf, doneOf, FakeTransport, outcomeOf, settingsOf, settled, summaryOf } from "./support";

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

/** Messages of a real kernel. */
function messagesOf({ messages }: (typeof recorded)[number]): Message[] {
  return messages.map(({ content, buffers }) =>
    decode(
      content,
      buffers.map((text) => new DataView(bytesOf(text))),
    ),
  );
}

/** A recorder, and the end of the kernel. */
function recording() {
  const kernel = new FakeTransport();
  const recorder = new Recorder(kernel);
  recorder.onMessage(() => {}, new AbortController().signal);
  return { kernel, recorder };
}

function replay(recorder: Recorder, sizes: readonly number[], changes: Parameters<typeof summaryOf>[1] = {}) {
  const abort = new AbortController();
  const settings = settingsOf();
  const asker = new Asker(new RecordingTransport(structuredClone(recorder.recording)), abort.signal);
  return {
    settings,
    asker,
    exploration: explore(signal(summaryOf(sizes, changes)), settings, asker, abort.signal),
  };
}

describe.each(recorded)("a recording of a real kernel: $name", (one) => {
  it("has Faiss's own results at every nprobe and k, without a kernel", async () => {
    const { kernel, recorder } = recording();
    kernel.say(...messagesOf(one));
    const { exploration, settings } = replay(recorder, one.sizes, { similarity: one.similarity });
    await settled();
    expect(exploration.status.value).toBe("done");
    for (const { k, ids } of one.expected) {
      settings.k.value = k;
      const all = new BigInt64Array(bytesOf(ids));
      for (let nprobe = 1; nprobe <= one.sizes.length; nprobe++) {
        settings.nprobe.value = nprobe;
        const expected = [...all.subarray((nprobe - 1) * k, nprobe * k)].filter((id) => id !== -1n);
        expect(exploration.results.value.map(({ id }) => id)).toEqual(expected);
      }
    }
    expect(exploration.failure.value).toBeNull();
  });
});

describe("a recording", () => {
  const summary = summaryOf([3, 4, 0, 5]);

  it("goes back to an earlier search, and on through the recorded ones in turn", async () => {
    const { kernel, recorder } = recording();
    for (const serial of [1, 2, 3]) {
      const request = `page:${serial}`;
      const query = serial === 2 ? ({ id: "2", cluster: null } as const) : ({ random: true } as const);
      recorder.send({ kind: "search", request, query, nprobe: 1, k: 3, include_self: true });
      kernel.say(...answerOf(summary, { request, serial, id: BigInt(serial) }));
    }
    const { exploration } = replay(recorder, [3, 4, 0, 5]);
    const shown = async () => {
      await settled();
      return Number(exploration.search.value?.id);
    };
    expect(await shown()).toBe(3);
    exploration.ask({ id: "2", cluster: null });
    expect(await shown()).toBe(2);
    const seen = [];
    for (let i = 0; i < 3; i++) {
      exploration.ask({ random: true });
      seen.push(await shown());
    }
    expect(seen).toEqual([3, 1, 2]);
    expect(exploration.status.value).toBe("done");
  });

  it("answers about the search on screen under the serial of its replay", async () => {
    const { kernel, recorder } = recording();
    kernel.say(...answerOf(summary, { serial: 41 }));
    recorder.send({ kind: "results", request: "page:1", serial: 41, nprobe: 2, k: 3, include_self: true });
    kernel.say(outcomeOf(summary, [5, 0, 4], { request: "page:1", serial: 41, nprobe: 2 }));
    recorder.send({
      kind: "verdict",
      request: "page:2",
      serial: 41,
      id: "5",
      cluster: null,
      include_self: true,
    });
    const verdict = { id: 5n, cluster: 1, rank: 2, distance: 3, position: 4 };
    kernel.say({ kind: "verdict", request: "page:2", serial: 41, ...verdict });
    const { exploration, asker, settings } = replay(recorder, [3, 4, 0, 5], { replayable: false });
    await settled();
    const serial = exploration.search.value?.serial ?? 0;
    expect(serial).toBe(1);
    expect(await asker.verdict(serial, 5n, null, true)).toMatchObject({
      kind: "verdict",
      ...verdict,
      serial,
    });
    expect(await asker.verdict(serial, 6n, null, true)).toMatchObject({
      kind: "error",
      code: "not recorded",
    });
    settings.nprobe.value = 2;
    asker.askResults(serial, 2, 3, true);
    await settled();
    expect(exploration.outcome.value?.ids).toEqual(BigInt64Array.of(5n, 0n, 4n));
  });

  it("answers for members of any of the clusters whose rows were sent, in the order of the search on screen", async () => {
    const { kernel, recorder } = recording();
    kernel.say(...answerOf(summary, { serial: 41 }));
    const window = { offset: 0, limit: 512 };
    const rows = { offset: 0, serial: 41, distances: Float32Array.of(0, 1, 2, 10, 11, 12, 13) };
    recorder.send({ kind: "members", request: "page:1", clusters: [0, 1], ...window });
    kernel.say({
      kind: "members",
      request: "page:1",
      ...rows,
      clusters: Int32Array.of(0, 1),
      totals: Int32Array.of(3, 4),
      counts: Int32Array.of(3, 4),
      ids: BigInt64Array.of(0n, 1n, 2n, 3n, 4n, 5n, 6n),
    });
    const { exploration, asker } = replay(recorder, [3, 4, 0, 5]);
    await settled();
    const answer = (await asker.members([3, 1], 0, 512)) as Members;
    expect(answer).toMatchObject({ serial: exploration.search.value?.serial, offset: 0 });
    expect([[...answer.clusters], [...answer.totals], [...answer.counts]]).toEqual([[1], [4], [4]]);
    expect(answer.ids).toEqual(BigInt64Array.of(3n, 4n, 5n, 6n));
    expect((await asker.members([1], 2, 1)) as Members).toMatchObject({ ids: BigInt64Array.of(5n) });
    expect(await asker.members([3], 0, 512)).toMatchObject({ kind: "error", code: "not recorded" });
  });

  it("of a kernel that answered nothing refuses every request but the one for a workload", async () => {
    const { kernel, recorder } = recording();
    kernel.say(doneOf("nobody:1"));
    const { exploration, asker } = replay(recorder, [3, 4, 0, 5]);
    exploration.ask({ random: true });
    await settled();
    expect(exploration.failure.value).toMatch(/^This recording answers the queries that were saved/);
    expect(await asker.members([0], 0, 9)).toMatchObject({ kind: "error", code: "not recorded" });
    expect(await asker.thumbnails([7n], [0], 64, () => {})).toMatchObject({
      items: [{ id: 7n, reason: "not recorded" }],
    });
    expect((await asker.medoids([0, 1]))?.clusters).toHaveLength(0);
    expect(exploration.workloads.latest.value).toBeNull();
  });
});

it("a recording has the values of each row, however they were asked for, and none of rows that were not", async () => {
  const { kernel, recorder } = recording();
  const ask = new Asker(recorder, new AbortController().signal);
  const answered = ask.rowValues([7n, 8n]);
  const { request } = kernel.last("row_values");
  const numbers = Float64Array.of(Number.NaN, 7, Number.NaN, Number.NaN);
  kernel.say({ kind: "row_values", request, ids: [7n, 8n], values: [["seven", null], []], numbers });
  await answered;
  const { asker } = replay(recorder, [3], { columns: ["name", "price"] });
  expect(await asker.rowValues([8n, 9n, 7n])).toMatchObject({
    ids: [8n, 9n, 7n],
    values: [[], [], ["seven", null]],
    numbers: Float64Array.of(Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 7),
  });
});
