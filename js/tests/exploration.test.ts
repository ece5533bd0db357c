import { describe, expect, it, vi } from "vitest";
import { answerOf, candidatesOf, coarseOf, doneOf, explorationOf, mapOf, partOf } from "./support";

describe("an exploration begins", () => {
  it("by asking for the map and for the search that the kernel may have", () => {
    const { transport, exploration } = explorationOf();
    expect(transport.all("map")).toHaveLength(1);
    expect(transport.all("search")).toMatchObject([{ query: { resume: true }, nprobe: 1, k: 3 }]);
    expect(exploration.status.value).toBe("idle");
    expect(exploration.results.value).toEqual([]);
  });

  it("under names that no other page uses", () => {
    const [one, other] = [explorationOf(), explorationOf()];
    const names = [...one.transport.requests, ...other.transport.requests].map(({ request }) => request);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("a search that fails", () => {
  it("has the answer that it cut off sent again, and goes on saying what was wrong", () => {
    const { exploration, transport, summary } = explorationOf();
    exploration.ask({ random: true });
    const first = transport.last("search").request;
    const [coarse, ...rest] = answerOf(summary, { request: first });
    transport.say(coarse);
    exploration.ask({ id: "77", cluster: null });
    const { request } = transport.last("search");
    transport.say({ kind: "error", request, code: "invalid", message: "row id 77 is not in the index" });
    const again = transport.last("search");
    expect(again).toMatchObject({ query: { resume: true } });
    for (const message of answerOf(summary, { request: again.request, serial: 9 })) transport.say(message);
    expect(exploration.failure.value).toBe("row id 77 is not in the index");
    expect(exploration.search.value?.received).toBe(summary.nlist);
    expect(rest.length).toBeGreaterThan(0);
  });

  it("leaves a complete answer alone", () => {
    const { exploration, transport, summary } = explorationOf();
    exploration.ask({ random: true });
    const { request } = transport.last("search");
    for (const message of answerOf(summary, { request })) transport.say(message);
    exploration.ask({ id: "77", cluster: null });
    const asked = transport.all("search").length;
    const { request: failed } = transport.last("search");
    transport.say({ kind: "error", request: failed, code: "invalid", message: "no" });
    expect(transport.all("search")).toHaveLength(asked);
  });
});

describe("a search", () => {
  it("is searching from the question to the last message", () => {
    const { exploration, transport, summary } = explorationOf();
    exploration.ask({ random: true });
    expect(exploration.status.value).toBe("searching");
    const { request } = transport.last("search");
    const answer = answerOf(summary, { request });
    for (const message of answer) {
      expect(exploration.status.value).toBe("searching");
      transport.say(message);
    }
    expect(exploration.status.value).toBe("done");
    expect(exploration.timings.value?.bytes).toBe(100);
  });

  it("is asked for at the present nprobe and k", () => {
    const { exploration, transport, settings } = explorationOf();
    settings.nprobe.value = 3;
    settings.k.value = 7;
    exploration.ask({ id: "9007199254740993", cluster: 2 });
    expect(transport.last("search")).toMatchObject({
      query: { id: "9007199254740993", cluster: 2 },
      nprobe: 3,
      k: 7,
    });
  });

  it("shows results as soon as their clusters are here", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    settings.nprobe.value = 2;
    transport.say(coarseOf(summary));
    expect(exploration.results.value).toEqual([]);
    transport.say(candidatesOf(summary, 1, 1));
    expect(exploration.results.value.map(({ id }) => id)).toEqual([0n, 1n, 2n]);
    settings.k.value = 5;
    transport.say(candidatesOf(summary, 2, 2));
    expect(exploration.results.value.map(({ id }) => id)).toEqual([0n, 1n, 2n, 3n, 4n]);
  });

  it("answers every nprobe and k without asking the kernel", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    transport.say(...answerOf(summary));
    const asked = transport.requests.length;
    const seen = [1, 2, 3, 4].map((nprobe) => {
      settings.nprobe.value = nprobe;
      settings.k.value = 20;
      return exploration.results.value.length;
    });
    expect(seen).toEqual([3, 7, 7, 12]);
    expect(transport.requests).toHaveLength(asked);
  });

  it("with a larger serial replaces the one that is shown", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(...answerOf(summary, { serial: 4, id: 4n, request: "kernel:4" }));
    transport.say(coarseOf(summary, { serial: 5, id: 5n, request: "kernel:5" }));
    expect(exploration.search.value?.id).toBe(5n);
    expect(exploration.results.value).toEqual([]);
    expect(exploration.status.value).toBe("searching");
    expect(exploration.timings.value).toBeNull();
  });

  it.each([3, 4])("with serial %d is ignored after one with serial 4", (serial) => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(...answerOf(summary, { serial: 4, id: 4n, request: "kernel:4" }));
    const before = exploration.results.value;
    transport.say(...answerOf(summary, { serial, id: 9n, request: "late" }));
    expect(exploration.search.value?.id).toBe(4n);
    expect(exploration.results.value).toBe(before);
    expect(exploration.status.value).toBe("done");
  });

  it("takes no candidates that belong to another", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(coarseOf(summary, { request: "kernel:2", serial: 2 }));
    transport.say(candidatesOf(summary, 1, 1, { request: "kernel:1" }), doneOf("kernel:1"));
    expect(exploration.search.value?.received).toBe(0);
    expect(exploration.status.value).toBe("searching");
  });

  it("of this page is the query that Python is told of", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    exploration.ask({ random: true });
    transport.say(coarseOf(summary, { request: transport.last("search").request, id: 2n ** 60n }));
    expect(settings.queryId.value).toBe(2n ** 60n);
  });

  it("of the kernel or of another page leaves the query to them", () => {
    const { transport, summary, settings } = explorationOf();
    transport.say(coarseOf(summary, { id: 7n }));
    expect(settings.queryId.value).toBeNull();
  });

  it("ends the player's walk through the one before", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(...answerOf(summary));
    exploration.player.step.value = 1;
    transport.say(coarseOf(summary, { serial: 2 }));
    expect(exploration.step.value).toBeNull();
  });
});

describe("a pinned cluster", () => {
  it("is let go by the next query", () => {
    const { transport, summary, settings } = explorationOf();
    transport.say(...answerOf(summary));
    settings.cluster.value = 3;
    transport.say(...answerOf(summary, { serial: 2, id: 7n }));
    expect(settings.cluster.value).toBeNull();
  });

  it("is kept by the search that a page opens with, and where the same query is ranked anew", () => {
    const { transport, summary, settings } = explorationOf();
    settings.cluster.value = 3;
    transport.say(...answerOf(summary));
    transport.say(...answerOf(summary, { serial: 2, nprobe: 2 }));
    expect(settings.cluster.value).toBe(3);
  });
});

describe("the player", () => {
  it.each([
    [null, 3],
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
    [9, 3],
  ])("at step %s shows %d of 3 clusters probed", (step, probed) => {
    const { exploration, settings } = explorationOf();
    settings.nprobe.value = 3;
    exploration.player.step.value = step;
    expect(exploration.probed.value).toBe(probed);
  });

  it("shows the results of the clusters that it has reached", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    transport.say(...answerOf(summary));
    settings.nprobe.value = 4;
    settings.k.value = 20;
    const counts = [0, 1, 2, 3, 4, 5].map((step) => {
      exploration.player.step.value = step;
      return exploration.results.value.length;
    });
    expect(counts).toEqual([0, 0, 3, 7, 7, 12]);
  });
});

describe("every candidate of the probed clusters", () => {
  it("is asked for when nprobe has grown past what was sent whole, once", () => {
    const { exploration, transport, summary, settings } = explorationOf([3, 4, 0, 30]);
    transport.say(...answerOf(summary, { serial: 6 }));
    exploration.needCandidates();
    expect(transport.all("candidates")).toEqual([]);
    settings.nprobe.value = 3;
    exploration.needCandidates();
    exploration.needCandidates();
    settings.nprobe.value = 2;
    exploration.needCandidates();
    expect(transport.all("candidates")).toMatchObject([{ serial: 6, first_rank: 2, last_rank: 3 }]);
    const { request } = transport.last("candidates");
    transport.say(candidatesOf(summary, 2, 3, { request }));
    expect(exploration.search.value?.fine).toBe(3);
    expect(exploration.candidates.value).toMatchObject({ count: 7, whole: true });
  });

  it("is in one list, by rank", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    expect(exploration.candidates.value).toBeNull();
    settings.nprobe.value = 4;
    transport.say(coarseOf(summary), candidatesOf(summary, 1, 2));
    expect(exploration.candidates.value).toMatchObject({ count: 7, whole: false });
    transport.say(candidatesOf(summary, 3, 4));
    const set = exploration.candidates.value;
    expect(set?.whole).toBe(true);
    expect(set && [...set.ids]).toEqual(Array.from({ length: 12 }, (_, i) => BigInt(i)));
    expect(set && [...set.ranks]).toEqual([1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4]);
    expect(set && [...set.starts]).toEqual([0, 3, 7, 7, 12]);
  });

  it("shares its arrays with the lists of smaller nprobe, until more have come", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    transport.say(...answerOf(summary));
    const { buffer: smallest } = exploration.candidates.value?.ids ?? {};
    settings.nprobe.value = 4;
    const all = exploration.candidates.value;
    expect(all?.ids.buffer).not.toBe(smallest);
    settings.nprobe.value = 2;
    expect(exploration.candidates.value).toMatchObject({ count: 7 });
    expect(exploration.candidates.value?.ids.buffer).toBe(all?.ids.buffer);
    exploration.needCandidates();
    transport.say(candidatesOf(summary, 2, 2, { request: transport.last("candidates").request }));
    expect(exploration.candidates.value?.ids.buffer).not.toBe(all?.ids.buffer);
  });

  it("is ranked once, at the same distances at every step of the player", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    settings.nprobe.value = 2;
    transport.say(...answerOf(summary));
    const whole = exploration.ranked.value;
    expect(whole).toMatchObject({ set: { count: 7 }, domain: { best: 0, last: 13 } });
    expect(exploration.ranked.value).toBe(whole);
    for (const step of [0, 1, 2]) {
      exploration.player.seek(step);
      expect(exploration.ranked.value).toEqual(whole);
    }
    exploration.player.finish();
    settings.nprobe.value = 1;
    settings.k.value = 5;
    expect(exploration.ranked.value?.beyond.map(({ id }) => id)).toEqual([3n, 4n]);
    expect(exploration.ranked.value).toMatchObject({ set: { count: 5 }, domain: { last: 11 } });
  });

  it("is not asked for while the search is under way", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    settings.nprobe.value = 4;
    transport.say(coarseOf(summary));
    exploration.needCandidates();
    expect(transport.all("candidates")).toEqual([]);
  });
});

it("a row is selected, and no longer, by the same act", () => {
  const { exploration, settings } = explorationOf();
  for (const id of [5n, 6n, 5n]) exploration.toggleSelected(id);
  expect(settings.selection.value).toEqual([6n]);
  expect(exploration.selected.value).toEqual(new Set([6n]));
});

describe("what goes wrong", () => {
  it("is shown, and the answer on screen stays", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(...answerOf(summary));
    const before = exploration.results.value;
    exploration.ask({ id: "99", cluster: null });
    const { request } = transport.last("search");
    transport.say({ kind: "error", request, code: "invalid", message: "row id 99 is not in the index" });
    expect(exploration.status.value).toBe("error");
    expect(exploration.failure.value).toBe("row id 99 is not in the index");
    expect(exploration.results.value).toBe(before);
    exploration.dismiss();
    expect(exploration.status.value).toBe("done");
  });

  it("is forgotten with the next question", () => {
    const { exploration } = explorationOf();
    exploration.complain("id must be a whole number");
    expect(exploration.status.value).toBe("error");
    exploration.ask({ random: true });
    expect(exploration.failure.value).toBeNull();
    expect(exploration.status.value).toBe("searching");
  });

  it("with a question that has been replaced, or with a picture, is nobody's concern", () => {
    const { exploration, transport } = explorationOf();
    exploration.ask({ id: "1", cluster: null });
    const { request } = transport.last("search");
    exploration.ask({ id: "2", cluster: null });
    transport.say({ kind: "error", request, code: "invalid", message: "too late" });
    transport.say({ kind: "error", request: "another page:1", code: "invalid", message: "not mine" });
    expect(exploration.failure.value).toBeNull();
    expect(exploration.status.value).toBe("searching");
  });

  it("with no request in particular concerns every page", () => {
    const { exploration, transport } = explorationOf();
    transport.say({ kind: "error", request: null, code: "internal", message: "no map" });
    expect(exploration.failure.value).toBe("no map");
  });
});

describe("a notice on screen", () => {
  it("keeps nothing from being asked for", () => {
    vi.useFakeTimers();
    const { exploration, transport, summary, settings, abort } = explorationOf([3, 4, 0, 5], {
      replayable: false,
    });
    transport.say(...answerOf(summary));
    exploration.complain("id must be a whole number");
    expect(exploration.status.value).toBe("error");
    expect(exploration.canComplete.value).toBe(true);
    settings.nprobe.value = 3;
    exploration.needCandidates();
    expect(transport.all("candidates")).toHaveLength(1);
    vi.advanceTimersByTime(150);
    expect(transport.all("results")).toMatchObject([{ nprobe: 3 }]);
    abort.abort();
    vi.useRealTimers();
  });
});

describe("a search that a kernel has been asked for when it goes", () => {
  it("is asked for again when it is back, under the same query", () => {
    const { exploration, transport, summary } = explorationOf();
    exploration.ask({ id: "7", cluster: null });
    transport.lose();
    expect(exploration.status.value).toBe("disconnected");
    const before = transport.all("search").length;
    transport.say(mapOf([3, 4, 0, 5]));
    expect(exploration.status.value).toBe("searching");
    const { query, request } = transport.last("search");
    expect(query).toEqual({ id: "7", cluster: null });
    transport.say(...answerOf(summary, { request, id: 7n }));
    expect(exploration.status.value).toBe("done");
    expect(transport.all("search")).toHaveLength(before + 1);
  });

  it("goes on as the search on screen when its ranking had arrived", () => {
    const { exploration, transport, summary } = explorationOf();
    exploration.ask({ random: true });
    transport.say(coarseOf(summary, { request: transport.last("search").request, serial: 1 }));
    transport.lose();
    transport.say(mapOf([3, 4, 0, 5]));
    const { query, request } = transport.last("search");
    expect(query).toEqual({ resume: true });
    transport.say(...answerOf(summary, { request, serial: 2 }));
    expect(exploration.status.value).toBe("done");
    expect(exploration.canComplete.value).toBe(true);
  });

  it("is not asked for again when it had been answered", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(...answerOf(summary));
    const before = transport.all("search").length;
    transport.lose();
    transport.say(mapOf([3, 4, 0, 5]));
    expect(exploration.status.value).toBe("done");
    expect(transport.all("search")).toHaveLength(before);
  });
});

describe("candidates that a kernel has been asked for when it goes", () => {
  it("are asked for again when it is back", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    transport.say(...answerOf(summary));
    settings.nprobe.value = 3;
    exploration.needCandidates();
    transport.lose();
    transport.say(mapOf([3, 4, 0, 5]));
    exploration.needCandidates();
    expect(transport.all("candidates")).toHaveLength(2);
  });

  it("are not held to be asked for where the request could not be sent", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.say(coarseOf(summary, { exhaustive: false }), candidatesOf(summary, 1, 1), doneOf());
    transport.alive = false;
    exploration.needRest(4);
    expect(transport.all("rest")).toHaveLength(0);
    transport.alive = true;
    transport.say(mapOf([3, 4, 0, 5]));
    exploration.needRest(4);
    expect(transport.all("rest")).toHaveLength(1);
    expect(exploration.status.value).toBe("searching");
  });
});

describe("the rest of a search", () => {
  it("is asked for although an id was mistyped, and heard though a search is asked for meanwhile", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    transport.say(coarseOf(summary, { exhaustive: false }), candidatesOf(summary, 1, 1), doneOf());
    exploration.complain("id must be a whole number");
    settings.nprobe.value = 4;
    const { request } = transport.last("rest");
    exploration.ask({ id: "99", cluster: null });
    transport.say(candidatesOf(summary, 2, 4, { kind: "nearest", request }), doneOf(request));
    expect(exploration.status.value).toBe("searching");
    const { request: failed } = transport.last("search");
    transport.say({ kind: "error", request: failed, code: "invalid", message: "no" });
    expect(exploration.search.value?.received).toBe(4);
    expect(exploration.canComplete.value).toBe(true);
    expect(transport.all("rest")).toHaveLength(1);
  });
});

describe("a search can be completed", () => {
  it("once it is finished, while its kernel is there and its index the same", () => {
    const { exploration, transport, summary, index } = explorationOf();
    const { canComplete } = exploration;
    expect(canComplete.value).toBe(false);
    const [coarse, ...rest] = answerOf(summary);
    transport.say(coarse);
    expect(canComplete.value).toBe(false);
    transport.say(...rest);
    expect(canComplete.value).toBe(true);
    transport.lose();
    expect(canComplete.value).toBe(false);
    transport.say(mapOf([3, 4, 0, 5]));
    expect(canComplete.value).toBe(true);
    index.value = { ...summary, indexVersion: 1 };
    expect(canComplete.value).toBe(false);
  });

  it("not once the index has changed: nothing is asked for, and no timer goes on", () => {
    vi.useFakeTimers();
    const { transport, summary, index, abort } = explorationOf([3, 4, 0, 5], { replayable: false });
    transport.say(...answerOf(summary));
    index.value = { ...summary, indexVersion: 1 };
    vi.advanceTimersByTime(60_000);
    expect(transport.all("results")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    abort.abort();
    vi.useRealTimers();
  });
});

describe("a kernel that is gone", () => {
  it("is told, and nprobe and k still work", () => {
    const { exploration, transport, summary, settings } = explorationOf();
    transport.say(...answerOf(summary));
    transport.lose();
    expect(exploration.status.value).toBe("disconnected");
    settings.nprobe.value = 2;
    settings.k.value = 20;
    expect(exploration.results.value).toHaveLength(7);
  });

  it("is noticed when a request cannot be sent", async () => {
    const { exploration, transport, asker } = explorationOf();
    transport.alive = false;
    exploration.ask({ random: true });
    expect(exploration.status.value).toBe("disconnected");
    expect(await asker.verdict(1, 7n, 2, true)).toBeNull();
  });

  it("is asked again for what it has not answered once it is back", async () => {
    const { transport, asker } = explorationOf();
    const medoids = asker.medoids([1]);
    const { request: lost } = transport.last("medoids");
    transport.alive = false;
    transport.lose();
    const members = asker.members([0], 0, 10);
    expect(transport.all("members")).toHaveLength(0);
    transport.alive = true;
    transport.say(mapOf([3, 4, 0, 5]));
    const { request } = transport.last("medoids");
    expect(request).not.toBe(lost);
    const answer = { kind: "medoids" as const, clusters: Int32Array.of(1), ids: BigInt64Array.of(4n) };
    transport.say({ ...answer, request: lost }, { ...answer, request });
    expect((await medoids)?.ids).toEqual(BigInt64Array.of(4n));
    const asked = transport.last("members").request;
    transport.say({ kind: "error", request: asked, code: "internal", message: "no" });
    expect(await members).toMatchObject({ kind: "error", message: "no" });
  });

  it("is asked whether it is back after each sign of the host", () => {
    vi.useFakeTimers();
    const { transport } = explorationOf();
    for (const asked of [2, 3]) {
      transport.lose();
      vi.advanceTimersByTime(5000);
      expect(transport.all("map")).toHaveLength(asked);
    }
    vi.useRealTimers();
  });

  it("is forgotten when an answer comes after all", () => {
    const { exploration, transport, summary } = explorationOf();
    transport.lose();
    transport.say(...answerOf(summary));
    expect(exploration.status.value).toBe("done");
  });

  it("at the very beginning leaves a page that says so", () => {
    const { transport, exploration } = explorationOf();
    transport.alive = false;
    exploration.ask({ resume: true });
    expect(exploration.status.value).toBe("disconnected");
    expect(exploration.search.value).toBeNull();
  });
});

describe("the map", () => {
  const sizes = [3, 4, 0, 5];
  const first = mapOf(sizes, { method: "PCA", final: false });
  const final = mapOf(sizes);

  it("is drawn at once and replaced by the final one", () => {
    const { exploration, transport } = explorationOf(sizes);
    transport.say(first);
    expect(exploration.map.value).toMatchObject({ method: "PCA", final: false });
    transport.say(final);
    expect(exploration.map.value).toMatchObject({ method: "t-SNE", final: true });
  });

  it("that is final stays", () => {
    const { exploration, transport } = explorationOf(sizes);
    transport.say(final);
    const drawn = exploration.map.value;
    transport.say(first, final);
    expect(exploration.map.value).toBe(drawn);
  });

  it("is drawn when all its parts are here", () => {
    const { exploration, transport } = explorationOf(sizes);
    transport.say(partOf(final, 0, 1), partOf(final, 1, 3));
    expect(exploration.map.value).toBeNull();
    transport.say(partOf(final, 3, 4));
    const { points, offsets, centres, inradii } = final;
    expect(exploration.map.value?.cells).toMatchObject({ points, offsets, centres, inradii });
  });

  it("of another number of clusters is none of this index", () => {
    const { exploration, transport } = explorationOf(sizes);
    transport.say(mapOf([1, 2, 3]));
    expect(exploration.map.value).toBeNull();
  });
});

it("an exploration that has ended hears no more", () => {
  const { exploration, transport, summary, abort } = explorationOf();
  abort.abort();
  transport.say(...answerOf(summary));
  expect(exploration.search.value).toBeNull();
});

it("its use adds no listener to the signal that ends it", () => {
  const { exploration, transport, summary, settings, abort } = explorationOf();
  const listen = vi.spyOn(abort.signal, "addEventListener");
  for (let i = 0; i < 20; i++) {
    exploration.ask({ random: true });
    transport.say(...answerOf(summary, { request: transport.last("search").request }));
    settings.nprobe.value = 1 + (i % 3);
    exploration.projections.need();
    exploration.player.forward();
  }
  expect(exploration.results.value).not.toEqual([]);
  expect(listen).not.toHaveBeenCalled();
});
