import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Summary } from "../src/model/summary";
import type { Coarse, Verdict } from "../src/protocol/messages";
import { rowVerdict } from "../src/state/rowTexts";
import { answerOf, explorationOf, neighboursOf, outcomeOf } from "./support";

// Clusters of 3, 4, 0 and 5 rows at distances 0 1 2, 10 11 12 13, -, 30 31 32 33 34; row 0 is the query.
function found(nprobe: number, k: number, changes: Partial<Coarse> = {}, summary: Partial<Summary> = {}) {
  const opened = explorationOf(undefined, summary);
  opened.settings.includeSelf.value = false;
  opened.settings.nprobe.value = nprobe;
  opened.settings.k.value = k;
  opened.transport.say(...answerOf(opened.summary, changes));
  return opened;
}

const idsOf = (rows: readonly { id: bigint }[]) => rows.map(({ id }) => Number(id));

describe("a row that is the query", () => {
  it("is neither a result nor a true neighbour", () => {
    const { exploration, settings } = found(1, 3);
    expect(idsOf(exploration.results.value)).toEqual([1, 2]);
    expect(idsOf(exploration.truth.value?.neighbours ?? [])).toEqual([1, 2, 3]);
    expect(exploration.truth.value?.foundAt).toEqual([1, 1, 2]);
    expect(idsOf(exploration.missed.value)).toEqual([3]);
    expect(exploration.found.value).toBe(2);
    settings.nprobe.value = 2;
    expect(idsOf(exploration.results.value)).toEqual([1, 2, 3]);
    expect(exploration.missed.value).toEqual([]);
  });

  it("is both once it counts, and the other way round, without a request", () => {
    const { exploration, settings, transport } = found(1, 3);
    const asked = transport.requests.length;
    settings.includeSelf.value = true;
    expect(idsOf(exploration.results.value)).toEqual([0, 1, 2]);
    expect(exploration.truth.value?.foundAt).toEqual([1, 1, 1]);
    expect(exploration.missed.value).toEqual([]);
    settings.includeSelf.value = false;
    expect(idsOf(exploration.results.value)).toEqual([1, 2]);
    expect(transport.requests.length).toBe(asked);
  });

  it("is left out as often as it is stored, and rows at its distance are not", () => {
    const { exploration, transport } = found(2, 3, { copies: 2 });
    transport.say(
      ...answerOf(exploration.summary.value, { serial: 2, request: "b", copies: 2 }).map((message) =>
        message.kind === "fine"
          ? { ...message, ids: BigInt64Array.of(0n, 8n, 0n), distances: Float32Array.of(0, 0, 2) }
          : message,
      ),
    );
    expect(idsOf(exploration.results.value)).toEqual([8, 3, 4]);
    expect(exploration.results.value[0].distance).toBe(0);
  });

  it("is asked for as the settings say", () => {
    const { exploration, settings, transport } = found(1, 3);
    exploration.ask({ random: true });
    expect(transport.last("search").include_self).toBe(false);
    settings.includeSelf.value = true;
    exploration.ask({ random: true });
    expect(transport.last("search").include_self).toBe(true);
  });

  it("is no result in the words about it", () => {
    const { exploration, settings } = found(1, 3);
    const verdict: Verdict = {
      kind: "verdict",
      request: "v",
      serial: 1,
      id: 0n,
      cluster: 0,
      rank: 1,
      distance: 0,
      position: 1,
    };
    expect(rowVerdict(exploration, verdict)).toBe(
      "This row is the query: it does not count among its own results.",
    );
    settings.includeSelf.value = true;
    expect(rowVerdict(exploration, verdict)).toContain("The 1st result");
  });

  it("makes no difference to a vector", () => {
    const { exploration } = found(1, 3, { id: null, copies: 0 });
    expect(idsOf(exploration.results.value)).toEqual([0, 1, 2]);
    expect(exploration.missed.value).toEqual([]);
    expect(exploration.leftOut.value).toBeNull();
  });
});

describe("answers of the kernel", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are the results for their own setting only", () => {
    const { exploration, settings, transport, summary } = found(1, 3, {}, { replayable: false });
    transport.say(outcomeOf(summary, [0, 2, 1], { include_self: true }));
    expect(exploration.estimated.value).toBe(true);
    expect(exploration.areKnown.value).toBe(false);
    vi.advanceTimersByTime(200);
    const { request, include_self } = transport.last("results");
    expect(include_self).toBe(false);
    transport.say(outcomeOf(summary, [2, 1, 3], { request, include_self }));
    expect(idsOf(exploration.results.value)).toEqual([2, 1, 3]);
    expect(exploration.areKnown.value).toBe(true);
    settings.includeSelf.value = true;
    expect(exploration.areKnown.value).toBe(false);
    vi.advanceTimersByTime(200);
    expect(transport.last("results").include_self).toBe(true);
  });

  it("are the truth for their own setting only", () => {
    const { exploration, settings, transport } = found(1, 3, {}, { given: true, exact: false });
    vi.advanceTimersByTime(200);
    const { request, include_self } = transport.last("truth");
    expect(include_self).toBe(false);
    const rows = [1, 2, 3].map(
      (id) => [id, id, 1, 1, 1, 5] as [number, number, number, number, number, number],
    );
    transport.say(neighboursOf(rows, { request, include_self }));
    expect(idsOf(exploration.truth.value?.neighbours ?? [])).toEqual([1, 2, 3]);
    settings.includeSelf.value = true;
    expect(exploration.truth.value).toBeNull();
    vi.advanceTimersByTime(200);
    expect(transport.last("truth").include_self).toBe(true);
  });
});
