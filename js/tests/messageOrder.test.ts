import { afterEach, describe, expect, it, vi } from "vitest";
import { stepSentence } from "../src/panels/StepCaption";
import type { RequestName } from "../src/protocol/messages";
import { answerOf, candidatesOf, coarseOf, doneOf, explorationOf } from "./support";

const SIZES = [3, 4, 2, 5, 6, 7];
const PROBED_ALONE = { exhaustive: false };

afterEach(() => vi.useRealTimers());

/** A page with a search of which only the nearest cluster was compared. */
function partly() {
  const opened = explorationOf(SIZES);
  opened.transport.say(coarseOf(opened.summary, PROBED_ALONE), candidatesOf(opened.summary, 1, 1), doneOf());
  return opened;
}

describe("the rest of a search", () => {
  it("is asked for once, and then the search anew, when it brings nothing", () => {
    const { exploration, transport, settings, summary } = partly();
    settings.nprobe.value = 3;
    for (let rounds = 0; rounds < 5; rounds++) transport.say(doneOf(transport.last("rest").request));
    expect(transport.all("rest")).toHaveLength(1);
    const { query, request } = transport.last("search");
    expect(query).toEqual({ resume: true });
    const again = { ...PROBED_ALONE, serial: 2, request, nprobe: 3 };
    transport.say(coarseOf(summary, again), candidatesOf(summary, 1, 3, { request }), doneOf(request));
    expect(exploration.status.value).toBe("done");
    expect(exploration.search.value?.received).toBe(3);
  });

  it("is asked for anew when a part of it is here and more is wanted", () => {
    const { exploration, transport, settings, summary } = partly();
    const before = transport.all("search").length;
    for (const nprobe of [3, 5]) {
      settings.nprobe.value = nprobe;
      const { request, last_rank: last } = transport.last("rest");
      expect(last).toBe(nprobe);
      const first = (exploration.search.value?.received ?? 0) + 1;
      transport.say(candidatesOf(summary, first, nprobe, { kind: "nearest", request }), doneOf(request));
    }
    expect(transport.all("search")).toHaveLength(before);
    expect(exploration.status.value).toBe("done");
  });
});

describe("what fails", () => {
  it.each(["an evaluation", "a search"])(
    "starts the search on screen not anew, which has nothing missing: %s",
    (which) => {
      const { exploration, transport } = partly();
      exploration.toggleProbed(3);
      if (which === "a search") exploration.ask({ id: "99", cluster: null });
      else exploration.workloads.evaluate(1e6, 1, 3, true);
      const { request } = transport.last(which === "a search" ? "search" : "evaluate");
      const before = transport.all("search").length;
      transport.say({ kind: "error", request, code: "invalid", message: "no" });
      expect(transport.all("search")).toHaveLength(before);
      expect(exploration.failure.value).not.toBeNull();
      expect([...exploration.probe.value.ranks]).toContain(exploration.search.value?.rankOf[3]);
    },
  );

  it("starts it anew where more of it was on its way", () => {
    const { exploration, transport, settings } = partly();
    settings.nprobe.value = 3;
    expect(transport.last("rest").last_rank).toBe(3);
    exploration.ask({ id: "99", cluster: null });
    const { request } = transport.last("search");
    transport.say({ kind: "error", request, code: "invalid", message: "no" });
    expect(transport.last("search").query).toEqual({ resume: true });
  });

  it("and was not asked for starts nothing anew", () => {
    const { exploration, transport, summary } = explorationOf(SIZES);
    transport.say(coarseOf(summary), candidatesOf(summary, 1, 2));
    const before = transport.all("search").length;
    transport.say({ kind: "error", request: null, code: "internal", message: "no" });
    expect(transport.all("search")).toHaveLength(before);
    expect(exploration.failure.value).toBe("no");
  });

  it("starts it anew where it was cut off", () => {
    const { exploration, transport, summary } = explorationOf(SIZES);
    transport.say(coarseOf(summary), candidatesOf(summary, 1, 2));
    exploration.ask({ id: "99", cluster: null });
    const { request } = transport.last("search");
    transport.say({ kind: "error", request, code: "invalid", message: "no" });
    expect(transport.last("search").query).toEqual({ resume: true });
  });

  it("is not asked for again and again where only Faiss can tell the results", () => {
    vi.useFakeTimers();
    const { transport, summary, settings } = explorationOf(SIZES, { replayable: false });
    settings.nprobe.value = 2;
    transport.say(coarseOf(summary, PROBED_ALONE), candidatesOf(summary, 1, 2), doneOf());
    vi.advanceTimersByTime(200);
    const { request } = transport.last("results");
    const before = transport.all("search").length;
    transport.say({ kind: "error", request, code: "internal", message: "no" });
    vi.advanceTimersByTime(2000);
    expect(transport.all("search")).toHaveLength(before);
    expect(transport.all("results")).toHaveLength(1);
  });
});

describe("a search that is asked for while another is answered", () => {
  it("is waited for when the other is done, and not overtaken by the page itself", () => {
    vi.useFakeTimers();
    const { exploration, transport, summary, settings } = explorationOf(SIZES, {
      steady: false,
      replayable: false,
    });
    exploration.ask({ random: true });
    const { request } = transport.last("search");
    const parts = answerOf(summary, { request });
    transport.say(...parts.slice(0, -1));
    settings.nprobe.value = 2;
    exploration.ask({ id: "5", cluster: null });
    transport.say(parts[parts.length - 1]);
    expect(exploration.status.value).toBe("searching");
    vi.advanceTimersByTime(500);
    expect(transport.last("search").query).toEqual({ id: "5", cluster: null });
  });

  it("takes no candidates that come late for the other", () => {
    const { exploration, transport, summary, settings } = explorationOf(SIZES);
    transport.say(...answerOf(summary));
    settings.nprobe.value = 2;
    exploration.needCandidates();
    const { request } = transport.last("candidates");
    const mine = { request: "kernel:2" };
    transport.say(coarseOf(summary, { serial: 2, nprobe: 2, ...mine }), candidatesOf(summary, 1, 1, mine));
    const late = candidatesOf(summary, 2, 2, { request });
    transport.say({ ...late, ids: late.ids.map((id) => id + 1000n) });
    transport.say(
      candidatesOf(summary, 2, 2, mine),
      candidatesOf(summary, 3, 6, { ...mine, kind: "nearest" }),
    );
    transport.say(doneOf(mine.request));
    settings.k.value = 20;
    expect(exploration.results.value.every(({ id }) => id < 1000n)).toBe(true);
  });
});

it("a search of which the ranking is lost is asked for once more", () => {
  const { exploration, transport, summary } = explorationOf([3, 4, 2]);
  transport.say(...answerOf(summary));
  exploration.ask({ random: true });
  const { request } = transport.last("search");
  transport.say(...answerOf(summary, { request, serial: 2 }).slice(1));
  const again = transport.last("search");
  expect(again.query).toEqual({ resume: true });
  transport.say(...answerOf(summary, { request: again.request, serial: 3, id: 9n }));
  expect(exploration.status.value).toBe("done");
  expect(exploration.search.value?.id).toBe(9n);
});

it("a kernel that has just answered is not called busy", () => {
  vi.useFakeTimers();
  const { exploration, transport, summary } = explorationOf(SIZES);
  exploration.ask({ random: true });
  const { request } = transport.last("search");
  vi.advanceTimersByTime(850);
  transport.say(coarseOf(summary, { request }), candidatesOf(summary, 1, 1, { request }));
  vi.advanceTimersByTime(200);
  expect(exploration.kernelBusy.value).toBe(false);
});

it("a cluster that comes in several messages is whole in the end, though another nprobe cut it off", () => {
  const { exploration, transport, summary, settings } = explorationOf([3, 40, 2, 5]);
  const near = candidatesOf(summary, 2, 4, { kind: "nearest" });
  const kept = [...Array(20).keys(), ...Array(near.ids.length - 40).keys()].map((i, at) =>
    at < 20 ? i : i + 40,
  );
  const first = {
    ...near,
    counts: Int32Array.of(20, 2, 5),
    ids: BigInt64Array.from(kept, (at) => near.ids[at]),
    distances: Float32Array.from(kept, (at) => near.distances[at]),
  };
  transport.say(coarseOf(summary), candidatesOf(summary, 1, 1), first, doneOf());
  const parts = (request: RequestName) => {
    const all = candidatesOf(summary, 2, 2, { request });
    return [
      [0, 25],
      [25, 40],
    ].map(([from, to]) => ({
      ...all,
      continues: to < 40,
      counts: Int32Array.of(to - from),
      ids: all.ids.slice(from, to),
      distances: all.distances.slice(from, to),
    }));
  };
  settings.nprobe.value = 2;
  exploration.needCandidates();
  const cut = parts(transport.last("candidates").request);
  transport.say(cut[0]);
  settings.nprobe.value = 3;
  exploration.needCandidates();
  const { request, first_rank: firstRank, last_rank: lastRank } = transport.last("candidates");
  expect([firstRank, lastRank]).toEqual([2, 3]);
  transport.say(cut[1], ...parts(request), candidatesOf(summary, 3, 3, { request }));
  expect(exploration.candidates.value).toMatchObject({ whole: true, count: 45 });
});

it("a step beyond the end, once nprobe is smaller, is the whole search", () => {
  const { exploration, transport, summary, settings } = explorationOf(SIZES);
  transport.say(...answerOf(summary));
  settings.nprobe.value = 6;
  exploration.player.seek(5);
  expect(stepSentence(exploration, exploration.step.value as number)).toContain("4th of 6");
  settings.nprobe.value = 1;
  expect(exploration.step.value).toBeNull();
  exploration.player.toggle();
  expect(exploration.step.value).toBe(0);
  exploration.player.finish();
  settings.nprobe.value = 6;
  exploration.player.seek(5);
  settings.nprobe.value = 2;
  exploration.player.back();
  expect(stepSentence(exploration, exploration.step.value as number)).toContain("1st of 2");
});
