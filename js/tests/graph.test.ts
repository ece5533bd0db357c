import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { lossText, missedText, reasonOf } from "../src/graph/model/missReason";
import { nthNearest, resultsAmong, resultsAt } from "../src/graph/model/results";
import { readGraphFacts } from "../src/graph/model/summary";
import {
  efNeeded,
  foundAtOf,
  foundOf,
  type GraphTruth,
  isReturnedAt,
  missedOf,
} from "../src/graph/model/truth";
import { GraphExploration, type GraphSettings } from "../src/graph/state/graphExploration";
import { verdictText } from "../src/graph/state/verdictText";
import { trayPlaces } from "../src/graph/views/walk/pictureTray";
import { heightScale } from "../src/graph/views/walk/walkScale";
import { walkScene } from "../src/graph/views/walk/walkScene";
import { Asker } from "../src/protocol/asker";
import type { Message, Request, Walk, WalkResults, WalkTruth, WalkVerdict } from "../src/protocol/messages";
import type { Transport } from "../src/protocol/transport";
import { GRAPHS, messagesOf, type Recorded, recorded, truthsOf, walkOf } from "./graphRecorded";

const own = BigInt(recorded.apart.row);

describe.each(GRAPHS)("the graph %s", (name) => {
  const graph = recorded[name] as Recorded;
  const walk = walkOf(graph);
  const sure = recorded.efs.filter((ef) => walk.isSure(ef));

  it.each(recorded.ks)("misses what Python says is missed, k = %i", (k) => {
    const truth = truthsOf(graph).get(k) as GraphTruth;
    for (const ef of recorded.efs.filter((value) => value <= truth.holdsUntil)) {
      const lost = missedOf(truth, (row) => isReturnedAt(row, ef));
      const wanted = graph.missed[`${k}/${ef}` as keyof typeof graph.missed];
      expect(lost.map(({ id }) => `${id}`)).toEqual(wanted);
      expect(foundOf(truth, (row) => isReturnedAt(row, ef))).toBe(truth.neighbours.length - wanted.length);
    }
    const needed = efNeeded(truth);
    if (needed !== null && needed > 1) {
      expect(foundOf(truth, (row) => isReturnedAt(row, needed - 1))).toBeLessThan(truth.neighbours.length);
    }
  });

  it.each(recorded.ks)("gives the reasons that Python gives for a miss, k = %i", (k) => {
    const truth = truthsOf(graph).get(k) as GraphTruth;
    expect(foundAtOf(truth)).toEqual(graph.found_at[`${k}` as keyof typeof graph.found_at]);
    for (const ef of recorded.efs) {
      const key = `${k}/${ef}` as keyof typeof graph.missed;
      const ids: string[] = graph.missed[key];
      const lost = truth.neighbours.filter(({ id }) => ids.includes(`${id}`));
      expect(lost.map((row) => reasonOf(row, ef))).toEqual(graph.losses[key]);
    }
  });

  it("computes as many distances as Faiss", () => {
    for (const ef of sure) {
      expect(walk.distancesAt(ef)).toBe(graph.distances[`${ef}` as keyof typeof graph.distances]);
    }
  });
});

describe.each(GRAPHS.filter((name) => name !== "reranked"))(
  "the results of %s, which no pass follows",
  (name) => {
    const graph = recorded[name] as Recorded;
    const walk = walkOf(graph);
    const facts = readGraphFacts(graph.summary);

    it.each(recorded.ks)("are those of Faiss, k = %i", (k) => {
      for (const ef of recorded.efs.filter((value) => walk.isSure(value))) {
        const found = resultsAmong(walk, walk.visitedBy(ef), k, facts.similarity, own);
        const wanted = graph.results[`${k}/${ef}` as keyof typeof graph.results];
        expect(found.map(({ id }) => `${id}`)).toEqual(wanted);
      }
    });
  },
);

describe("a walk", () => {
  const walk = walkOf(recorded.apart as Recorded);

  it("needs an efSearch that never falls, and is led to every node but the first", () => {
    for (let place = 1; place < walk.need.length; place++) {
      expect(walk.need[place]).toBeGreaterThanOrEqual(walk.need[place - 1]);
      expect(walk.ledBy[place]).toBeGreaterThanOrEqual(0);
      expect(walk.expanded[walk.ledBy[place]]).toBeLessThan(place);
    }
    expect(walk.ledBy[0]).toBe(-1);
  });

  it("finds the largest efSearch that computes so many distances", () => {
    for (const ef of [1, 4, 9, 40]) {
      const total = walk.distancesAt(ef);
      const found = walk.efWithin(total);
      expect(walk.distancesAt(found)).toBe(total);
      expect(walk.distancesAt(found + 1)).toBeGreaterThan(total);
    }
  });

  it("keeps the n-th nearest as it goes", () => {
    const bars = nthNearest(walk, 60, 5, false);
    for (let place = 0; place < 60; place++) {
      const before = [...walk.distances.subarray(0, place + 1)].sort((a, b) => a - b);
      expect(bars[place]).toBe(before[4] ?? Number.POSITIVE_INFINITY);
    }
  });
});

describe("the scene of a walk", () => {
  const graph = recorded.similar as Recorded;
  const walk = walkOf(graph);
  const truth = truthsOf(graph).get(9) as GraphTruth;
  const state = (ef: number, step: number | null = null) => ({
    walk,
    truth,
    results: resultsAmong(walk, walk.visitedBy(ef), 9, true, own),
    missed: step === null ? missedOf(truth, (row) => isReturnedAt(row, ef)) : [],
    ef,
    k: 9,
    similarity: true,
    step,
  });

  it("puts every node where it was visited, the nearest lowest", () => {
    const scene = walkScene(state(4), 700, 500);
    const points = scene.points.filter(({ place }) => place !== null);
    for (const [i, { x, place }] of points.entries()) {
      expect(place).toBe(i);
      expect(x).toBeCloseTo(scene.xOf(walk.descentDistances + i));
    }
    const nearest = points.reduce((a, b) => (a.y > b.y ? a : b));
    expect(walk.distances[nearest.place as number]).toBe(
      Math.max(...walk.distances.subarray(0, points.length)),
    );
    expect(points.filter(({ kind }) => kind === "result" || kind === "expanded").length).toBeGreaterThan(0);
    expect(points.slice(0, walk.visitedBy(4)).every(({ kind }) => kind !== "beyond")).toBe(true);
    expect(points.slice(walk.visitedBy(4)).every(({ kind }) => kind === "beyond" || kind === "missed")).toBe(
      true,
    );
  });

  it("stops where the next node has as many nearer ones as efSearch", () => {
    const scene = walkScene(state(4), 700, 500);
    const stop = scene.stop as NonNullable<typeof scene.stop>;
    const before = [...walk.distances.subarray(0, walk.visitedBy(4))];
    expect(before.filter((value) => -value < stop.key).length).toBeGreaterThanOrEqual(4);
    expect(scene.stopX).toBeCloseTo(scene.xOf(walk.distancesAt(4)));
  });

  it("shows what a step of the player shows", () => {
    expect(walkScene(state(4, 0), 700, 500).points).toHaveLength(0);
    const hops = walk.hops.length;
    const descended = walkScene(state(4, hops), 700, 500).points.filter(({ place }) => place !== null);
    expect(descended).toHaveLength(walk.first[0]);
    const one = walkScene(state(4, hops + 1), 700, 500).points.filter(({ place }) => place !== null);
    expect(one).toHaveLength(walk.first[1]);
  });

  it("keeps the pictures below it apart and within its width", () => {
    const scene = walkScene(state(4), 700, 500);
    const places = trayPlaces(scene.tray, scene.frame.left, scene.frame.right, 48);
    expect(places.length).toBe(Math.min(scene.tray.length, 13));
    places.forEach(({ at }, i) => {
      expect(at).toBeGreaterThanOrEqual(scene.frame.left + 24 - 1e-6);
      expect(at).toBeLessThanOrEqual(scene.frame.right - 24 + 1e-6);
      if (i > 0) expect(at - places[i - 1].at).toBeGreaterThanOrEqual(48 - 1e-6);
    });
  });

  it("has a height that never turns", () => {
    for (const keys of [[0, 5, 5.5, 6, 7, 30], [1, 1, 1], [-9, -8, -7.5], [2]]) {
      const scale = heightScale(keys, keys[Math.floor(keys.length / 2)], 40, 400);
      const heights = keys.map((key) => scale.y(key));
      heights.forEach((y, i) => {
        expect(Number.isFinite(y)).toBe(true);
        expect(y).toBeGreaterThanOrEqual(39);
        expect(y).toBeLessThanOrEqual(400);
        if (i > 0) expect(y).toBeLessThanOrEqual(heights[i - 1]);
      });
    }
  });
});

it("says why a neighbour is missed", () => {
  const graph = recorded.similar as Recorded;
  const walk = walkOf(graph);
  const truth = truthsOf(graph).get(9) as GraphTruth;
  for (const row of missedOf(truth, (each) => isReturnedAt(each, 4))) {
    const [head, text] = missedText(row, walk, 4, 9);
    expect(head).toBe(`Needs efSearch ${row.from}.`);
    if ((row.visitedFrom as number) <= 4) {
      expect(text).toBe("Visited, but a search keeps no more than efSearch = 4.");
      continue;
    }
    expect(text).toContain(`Row ${row.ledBy} leads to it`);
    expect(text).toContain(`${(row.from as number) - 1} visited node`);
  }
  const unreached = { ...truth.neighbours[0], visitedFrom: null, from: null, inLinks: new BigInt64Array(0) };
  expect(missedText(unreached, walk, 4, 9)).toEqual(["No path leads to it.", "No row links to it."]);
});

it("says in one line why neighbours are missed", () => {
  const { neighbours } = truthsOf(recorded.similar as Recorded).get(9) as GraphTruth;
  const told = { visitedFrom: 9, handedFrom: 9, handedUntil: null, from: 9, until: null };
  const row = { ...neighbours[0], isTold: true, ...told };
  const unreached = { ...row, visitedFrom: null, handedFrom: null, from: null };
  const coded = { ...row, visitedFrom: 2, handedFrom: null, from: null };
  expect(lossText([row], 4)).toBe("the walk ends before it comes to it");
  expect(lossText([row, row], 4)).toBe("the walk ends before it comes to them");
  expect(lossText([unreached], 4)).toBe("no path leads to it");
  expect(lossText([unreached, unreached], 4)).toBe("no path leads to them");
  expect(lossText([coded], 4)).toBe("its code made it look farther");
  const pushedOut = { ...row, visitedFrom: 1, handedFrom: 1, handedUntil: 4, from: 1, until: 4 };
  expect(lossText([coded, pushedOut], 4)).toBe("their codes made them look farther");
  expect(lossText([{ ...coded, handedFrom: 2 }], 4)).toBe("lost in the re-ranking");
  expect(lossText([{ ...row, isTold: false }], 4, 30)).toBe("only a search tells why");
  expect(lossText([{ ...row, visitedFrom: 3 }], 4)).toBe("a search keeps no more than efSearch = 4");
  expect(lossText([{ ...row, isTold: false }], 4)).toBe("distances tie");
  expect(lossText([row, unreached], 4)).toBe("for the reasons below");
});

/** Answers as the recorded kernel did. */
class Kernel implements Transport {
  readonly recorded = null;
  readonly requests: Request[] = [];
  #listener: (message: Message) => void = () => {};
  #serial = 0;

  constructor(readonly graph: Recorded) {}

  send(request: Request): void {
    this.requests.push(request);
    const messages = messagesOf(this.graph);
    if (request.kind === "walk" && !("resume" in request.query)) {
      const walk = messages.find(({ kind }) => kind === "walk") as Walk;
      this.say({ ...walk, serial: ++this.#serial, request: request.request });
    }
    if (request.kind === "walk_truth") {
      const truth = messages.find((each) => each.kind === "walk_truth" && each.k === request.k) as WalkTruth;
      this.say({ ...truth, serial: this.#serial, request: request.request });
    }
  }

  say(message: Message): void {
    queueMicrotask(() => this.#listener(message));
  }

  onMessage(listener: (message: Message) => void): void {
    this.#listener = listener;
  }

  onDisconnect(): void {}
}

function exploring(graph: Recorded, ef: number) {
  const abort = new AbortController();
  const kernel = new Kernel(graph);
  const settings: GraphSettings = {
    efSearch: signal(ef),
    k: signal(9),
    includeSelf: signal(false),
    queryId: signal<bigint | null>(null),
    selection: signal<readonly bigint[]>([]),
    view: signal("walk"),
    theme: signal("auto"),
  };
  const facts = signal(readGraphFacts(graph.summary));
  const exploration = new GraphExploration(facts, settings, new Asker(kernel, abort.signal), abort.signal);
  return { exploration, kernel, settings, facts, abort };
}

describe("a graph of hnswlib with deleted elements", () => {
  const graph = recorded.hnswlib as unknown as Recorded;
  const searches = Object.entries(graph.results).map(([key, ids]) => {
    const [k, ef] = key.split("/").map(Number);
    return { k, ef, ids };
  });

  it("has the results of hnswlib, which keeps k nodes at least, and recall by them", async () => {
    const { exploration, kernel, settings, abort } = exploring(graph, 4);
    settings.k.value = 5;
    for (const message of messagesOf(graph)) kernel.say(message);
    await vi.waitFor(() => expect(exploration.walk.value).not.toBeNull());
    const walk = walkOf(graph);
    expect(walk.deleted.some((each) => each === 1)).toBe(true);
    const truths = truthsOf(graph);
    expect(searches.length).toBe(24);
    for (const { k, ef, ids } of searches) {
      settings.k.value = k;
      settings.efSearch.value = ef;
      expect(exploration.efUsed.value).toBe(Math.max(k, ef));
      expect(exploration.results.value.map(({ id }) => `${id}`)).toEqual(ids);
      const truth = truths.get(k) as GraphTruth;
      const found = foundOf(truth, (row) => isReturnedAt(row, ef));
      expect(found).toBe(truth.neighbours.filter(({ id }) => (ids as string[]).includes(`${id}`)).length);
    }
    abort.abort();
  });
});

describe("a graph that is re-ranked", () => {
  const graph = recorded.reranked as Recorded;
  const said = messagesOf(graph).find(({ kind }) => kind === "walk_results") as WalkResults;
  const idsAt = (ef: number) => resultsAt(said, ef)?.map(({ id }) => `${id}`);

  it("has the results of Faiss at every efSearch from one message", () => {
    const byVisits = walkOf(graph);
    let differing = 0;
    for (const ef of recorded.efs) {
      const wanted = graph.results[`5/${ef}` as keyof typeof graph.results];
      expect(idsAt(ef)).toEqual(wanted);
      const nearest = resultsAmong(byVisits, byVisits.visitedBy(ef), 5, false, own);
      differing += Number(nearest.map(({ id }) => `${id}`).join() !== (wanted as string[]).join());
    }
    // The nearest of the visits are others.
    expect(differing).toBeGreaterThan(5);
    expect(resultsAt({ ...said, ef_until: 7 }, 8)).toBeNull();
    expect(resultsAt({ ...said, ef_from: said.ef_from.map((ef) => ef + 3) }, 3)).toBeNull();
  });

  it("shows no results until the kernel tells them, and then asks no more", async () => {
    const { exploration, kernel, settings, abort } = exploring(graph, 4);
    settings.k.value = 5;
    exploration.ask({ id: graph.row, cluster: null });
    await vi.waitFor(() => expect(exploration.truth.value).not.toBeNull());
    expect(exploration.areKnown.value).toBe(false);
    expect(exploration.results.value).toEqual([]);
    // Which true neighbours come back is known.
    const missedAt = (ef: number) => graph.missed[`5/${ef}` as keyof typeof graph.missed];
    expect(exploration.missed.value.map(({ id }) => `${id}`)).toEqual(missedAt(4));
    await vi.waitFor(() => expect(kernel.requests.some(({ kind }) => kind === "walk_results")).toBe(true));
    const serial = exploration.walk.value?.serial as number;
    kernel.say({ ...said, serial });
    await vi.waitFor(() => expect(exploration.areKnown.value).toBe(true));
    for (const ef of recorded.efs) {
      settings.efSearch.value = ef;
      expect(exploration.areKnown.value).toBe(true);
      expect(exploration.results.value.map(({ id }) => `${id}`)).toEqual(
        graph.results[`5/${ef}` as keyof typeof graph.results],
      );
      expect(exploration.missed.value.map(({ id }) => `${id}`)).toEqual(missedAt(ef));
    }
    const asked = () => kernel.requests.filter(({ kind }) => kind === "walk_results").length;
    const before = asked();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(asked()).toBe(before);
    // The player shows the nearest visited so far, before they are compared once more.
    exploration.player.seek(exploration.player.last - 1);
    expect(exploration.results.value.length).toBe(5);
    exploration.player.finish();
    settings.k.value = 9;
    expect(exploration.results.value).toEqual([]);
    await vi.waitFor(() => expect(asked()).toBe(before + 1));
    abort.abort();
  });

  it("names what is handed over, and the distances of each pass", async () => {
    const { exploration, abort } = exploring(graph, 4);
    exploration.ask({ id: graph.row, cluster: null });
    await vi.waitFor(() => expect(exploration.truth.value).not.toBeNull());
    expect(exploration.handedOver.value).toBe(30);
    const { distance, resultDistance } = exploration.facts.value;
    expect([distance, resultDistance]).toEqual(["squared L2 distance to codes", "squared L2 distance"]);
    const verdict = messagesOf(graph).find(({ kind }) => kind === "walk_verdict") as WalkVerdict;
    const far = { ...verdict, position: 3, need: 9, led_by: 5n, gate: 5n, in_ids: BigInt64Array.of(5n) };
    expect(verdictText(exploration, far)).toContain("efSearch 9 visits it.");
    expect(verdictText(exploration, { ...far, need: 2 })).toBe(
      "Visited, but 30 visited rows are nearer by squared L2 distance to codes.",
    );
    const row = { ...(exploration.truth.value as GraphTruth).neighbours[0], isTold: true, visitedFrom: 1 };
    const walk = walkOf(graph);
    expect(missedText({ ...row, handedFrom: null, from: null }, walk, 4, 9, 30)).toEqual([
      "Lost to its code.",
      "Visited, but 30 visited vectors have nearer codes.",
    ]);
    expect(missedText({ ...row, handedFrom: 1, handedUntil: null, from: null }, walk, 4, 9, 30)).toEqual([
      "Lost in the re-ranking.",
      "Re-ranked, but 9 vectors are nearer in the second pass.",
    ]);
    expect(missedText({ ...row, isTold: false }, walk, 4, 9, 30)[1]).toMatch(/^Only a search/);
    abort.abort();
  });
});

describe("an exploration", () => {
  it("follows efSearch without the kernel once a walk and its truth are there", async () => {
    const graph = recorded.similar as Recorded;
    const { exploration, kernel, settings, abort } = exploring(graph, 4);
    exploration.ask({ id: graph.row, cluster: null });
    expect(exploration.status.value).toBe("searching");
    await vi.waitFor(() => expect(exploration.truth.value).not.toBeNull());
    expect(exploration.status.value).toBe("done");
    expect(settings.queryId.value).toBe(BigInt(graph.row));
    const asked = kernel.requests.length;
    for (const ef of recorded.efs) {
      settings.efSearch.value = ef;
      const key = `9/${ef}`;
      expect(exploration.results.value.map(({ id }) => `${id}`)).toEqual(
        graph.results[key as keyof typeof graph.results],
      );
      expect(exploration.missed.value.map(({ id }) => `${id}`)).toEqual(
        graph.missed[key as keyof typeof graph.missed],
      );
    }
    expect(kernel.requests.length).toBe(asked);
    abort.abort();
  });

  it("says of any row where it stands", async () => {
    const graph = recorded.similar as Recorded;
    const { exploration, settings, abort } = exploring(graph, 4);
    exploration.ask({ id: graph.row, cluster: null });
    await vi.waitFor(() => expect(exploration.truth.value).not.toBeNull());
    const said = messagesOf(graph).find(({ kind }) => kind === "walk_verdict") as WalkVerdict;
    const verdict = { ...said, position: 20, need: 9, led_by: 5n, gate: 6n, in_ids: BigInt64Array.of(5n) };
    const lacking = verdictText(exploration, verdict);
    expect(lacking).toBe(
      "Not visited at efSearch 4: efSearch 9 visits it, but 19 rows are nearer. " +
        "Row 5 leads to it: when row 6 has its turn, 8 visited nodes are nearer. 1 row links to it.",
    );
    expect(verdictText(exploration, { ...verdict, position: 3 })).toContain("efSearch 9 finds it.");
    expect(verdictText(exploration, { ...verdict, need: 0, in_ids: new BigInt64Array(0) })).toBe(
      "No path leads to it at any efSearch. No row links to it.",
    );
    expect(verdictText(exploration, { ...verdict, holds_until: 8 })).toContain("Distances tie");
    settings.efSearch.value = 11;
    expect(verdictText(exploration, verdict)).toBe("Visited, but 19 rows are nearer.");
    const { id } = exploration.results.value[0];
    expect(verdictText(exploration, { ...verdict, id })).toBe("It came back.");
    expect(verdictText(exploration, { ...verdict, id: BigInt(graph.row) })).toContain("the query itself");
    abort.abort();
  });

  it("says when the index has changed, and what went wrong", async () => {
    const graph = recorded.apart as Recorded;
    const { exploration, kernel, facts, abort } = exploring(graph, 4);
    exploration.ask({ id: graph.row, cluster: null });
    await vi.waitFor(() => expect(exploration.walk.value).not.toBeNull());
    expect(exploration.isOutdated.value).toBe(false);
    facts.value = { ...facts.value, indexVersion: 1 };
    expect(exploration.isOutdated.value).toBe(true);
    exploration.ask({ id: "77", cluster: null });
    const { request } = kernel.requests[kernel.requests.length - 1];
    kernel.say({ kind: "error", request, code: "invalid", message: "row id 77 is not in the index" });
    await vi.waitFor(() => expect(exploration.failure.value).toContain("77"));
    exploration.dismiss();
    expect(exploration.failure.value).toBeNull();
    abort.abort();
  });

  it("asks for the engine's own results where distances tie", async () => {
    const graph = recorded.tied as Recorded;
    const { exploration, kernel, abort } = exploring(graph, 6);
    exploration.ask({ id: graph.row, cluster: null });
    await vi.waitFor(() => expect(kernel.requests.some(({ kind }) => kind === "walk_results")).toBe(true));
    expect(exploration.areKnown.value).toBe(false);
    abort.abort();
  });

  it("asks for one walk of its own for each efSearch where distances tie", async () => {
    const graph = recorded.tied as Recorded;
    const { exploration, kernel, settings, abort } = exploring(graph, 6);
    exploration.ask({ id: graph.row, cluster: null });
    await vi.waitFor(() => expect(exploration.walk.value).not.toBeNull());
    const walk = messagesOf(graph).find(({ kind }) => kind === "walk") as Walk;
    const walks = () => kernel.requests.filter(({ kind }) => kind === "walk").length;
    // The kernel sends the walk of this efSearch.
    const before = walks();
    kernel.say({ ...walk, serial: 50, ef_max: 6, holds_until: 0 });
    await vi.waitFor(() => expect(exploration.walk.value?.serial).toBe(50));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(walks()).toBe(before);
    settings.efSearch.value = 7;
    await vi.waitFor(() => expect(walks()).toBe(before + 1));
    abort.abort();
  });
});
