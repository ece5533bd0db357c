import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Asker } from "../src/protocol/asker";
import type { Candidates, Coarse, RequestName } from "../src/protocol/messages";
import { CommTransport } from "../src/protocol/transport";
import { type Exploration, explore } from "../src/state/exploration";
import { encoded } from "./encode";

import { FakeModel } from "./model";
import { randomOf } from "./random";
import {
  answerOf,
  candidatesOf,
  coarseOf,
  doneOf,
  explorationOf,
  mapOf,
  settingsOf,
  summaryOf,
} from "./support";

const SIZES = [3, 4, 0, 5, 2, 6];

/** A message as it goes over the wire: its JSON, and its buffers. */
type Packet = [content: Record<string, unknown>, buffers: DataView[]];

/** A page whose kernel is the test, as the host hands messages on. */
function connected() {
  const model = new FakeModel({});
  const summary = summaryOf(SIZES);
  const abort = new AbortController();
  const settings = settingsOf(2, 4);
  const asker = new Asker(new CommTransport(model.model), abort.signal);
  const exploration = explore(signal(summary), settings, asker, abort.signal);
  const asked = (kind: string) => model.sent.filter(({ content }) => content.kind === kind);
  const say = (...packets: Packet[]) => {
    for (const [content, buffers] of packets) model.say(content, buffers);
  };
  return { model, summary, settings, exploration, asked, say, abort };
}

/** A whole answer in several messages. */
function answer(summary: ReturnType<typeof summaryOf>, changes: Partial<Coarse> = {}): Packet[] {
  const request = changes.request ?? "kernel:1";
  const fine = (first: number, last: number, kind: Candidates["kind"] = "fine") =>
    candidatesOf(summary, first, last, { request, kind });
  return [
    coarseOf(summary, changes),
    fine(1, 1),
    fine(2, 2),
    fine(3, 4, "nearest"),
    fine(5, 6, "nearest"),
    doneOf(request),
  ].map(encoded);
}

const EXPECTED = ["0", "1", "2", "3"];
const ids = (exploration: Exploration) => exploration.results.value.map(({ id }) => id.toString());

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

describe("a message that cannot be read", () => {
  it.each([
    ["of a kind that this page does not know", { kind: "hologram", request: "a" }],
    ["without a kind", { request: "a" }],
    ["that is no object", 7],
    ["that lacks a field", { kind: "done", request: "a", bytes: 3, findings: [] }],
    ["that lacks its buffers", { kind: "fine", request: "a", first_rank: 1 }],
    ["of a later version", { kind: "coarse", version: 2, request: "a", ranking: [1, 2] }],
  ])("is told in a sentence: one %s", (_, content) => {
    const { exploration, model } = connected();
    model.say(content);
    expect(exploration.failure.value).toMatch(
      /^A message of the kernel cannot be read \(.+\)\. Run the cell/,
    );
    expect(exploration.status.value).toBe("error");
    exploration.dismiss();
    expect(exploration.status.value).toBe("idle");
  });

  it("ends the waiting for it, and asks for nothing", () => {
    const { exploration, say, asked, summary } = connected();
    exploration.ask({ random: true });
    const [coarse, fine] = answer(summary, { request: "kernel:1" });
    say(coarse);
    const before = asked("search").length;
    for (let i = 0; i < 100; i++) say([{ ...fine[0], first_rank: "one" }, fine[1]]);
    expect(asked("search")).toHaveLength(before);
    expect(exploration.status.value).toBe("error");
  });

  it("is forgotten with the next answer", () => {
    const { exploration, say, summary } = connected();
    say([{ kind: "hologram", request: "a" }, []]);
    say(...answer(summary));
    expect(exploration.status.value).toBe("done");
    expect(ids(exploration)).toEqual(EXPECTED);
  });
});

describe("an answer of which a message is lost", () => {
  it.each([1, 2, 3, 4])("is asked for again: message %i", (lost) => {
    const { exploration, say, asked, summary } = connected();
    const before = asked("search").length;
    say(...answer(summary).filter((_, i) => i !== lost));
    const again = asked("search").slice(before);
    expect(again.map(({ content }) => content.query)).toEqual([{ resume: true }]);
    say(...answer(summary, { request: again[0].content.request as string, serial: 2 }));
    expect(exploration.status.value).toBe("done");
    expect(ids(exploration)).toEqual(EXPECTED);
  });

  it.each([false, true])("is asked for again: the ranking, after another search: %s", (isSecond) => {
    const { exploration, say, asked, summary } = connected();
    if (isSecond) say(...answer(summary, { serial: 1 }));
    exploration.ask({ random: true });
    const request = asked("search").at(-1)?.content.request as string;
    say(...answer(summary, { request, serial: 2 }).slice(1));
    const again = asked("search").at(-1)?.content;
    expect(again).toMatchObject({ query: { resume: true } });
    say(...answer(summary, { request: again?.request as string, serial: 3 }));
    expect(exploration.status.value).toBe("done");
    expect(ids(exploration)).toEqual(EXPECTED);
  });

  it("says so when it is lost again, and is not asked for a third time", () => {
    const { exploration, say, asked, summary } = connected();
    say(...answer(summary).filter((_, i) => i !== 2));
    const request = asked("search").at(-1)?.content.request as string;
    const before = asked("search").length;
    say(...answer(summary, { request, serial: 2 }).filter((_, i) => i !== 3));
    expect(asked("search")).toHaveLength(before);
    expect(exploration.status.value).toBe("error");
    expect(exploration.failure.value).toBe("Parts of this answer were lost on the way. Search again.");
  });
});

describe("a coarse message", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const bounds = encoded({
    kind: "bounds",
    request: "kernel:1",
    serial: 1,
    findings: [],
    bounds: new Float32Array(SIZES.length),
    beyond: new Float32Array(0),
  });

  it("is taken in with the first candidates, so that no picture without them is drawn", () => {
    const { exploration, say, summary } = connected();
    const [coarse, fine] = answer(summary);
    say(coarse);
    expect(exploration.search.value).toBeNull();
    say(bounds);
    expect(exploration.search.value).toBeNull();
    say(fine);
    expect(exploration.search.value?.received).toBe(1);
    expect(exploration.bounds.value?.bounds).toHaveLength(SIZES.length);
  });

  it("is shown without them when they take long", () => {
    const { exploration, say, summary } = connected();
    const [coarse, fine] = answer(summary);
    say(coarse, bounds);
    vi.advanceTimersByTime(40);
    expect(exploration.search.value?.received).toBe(0);
    expect(exploration.bounds.value).not.toBeNull();
    say(fine);
    expect(exploration.search.value?.received).toBe(1);
  });

  it("is no sign of life of a kernel that has gone since", () => {
    const { exploration, model, say, summary } = connected();
    say(answer(summary)[0]);
    model.lose();
    expect(exploration.search.value?.received).toBe(0);
    expect(exploration.status.value).toBe("disconnected");
    vi.advanceTimersByTime(100);
    expect(exploration.status.value).toBe("disconnected");
  });

  it("is nobody's once the page is gone", () => {
    const { exploration, say, summary, abort } = connected();
    say(answer(summary)[0]);
    abort.abort();
    vi.advanceTimersByTime(1000);
    expect(exploration.search.value).toBeNull();
  });
});

it("a search that fails each time is asked for once more and not for ever", () => {
  const { exploration, transport, summary } = explorationOf();
  exploration.ask({ random: true });
  for (let serial = 1; serial < 20; serial++) {
    const { request } = transport.last("search");
    transport.say(coarseOf(summary, { request, serial }), candidatesOf(summary, 1, 1, { request }));
    transport.say({ kind: "error", request, code: "internal", message: "the disk is gone" });
  }
  expect(transport.all("search")).toHaveLength(3);
  expect(exploration.failure.value).toBe("the disk is gone");
});

it.each([{}, { replayable: false }, { steady: false }, { given: true }])(
  "a kernel that fails at all that completes a search is not asked for ever: %o",
  (changes) => {
    vi.useFakeTimers();
    const { transport, summary, settings, abort, exploration } = explorationOf(SIZES, changes);
    transport.say(coarseOf(summary, { exhaustive: false }), candidatesOf(summary, 1, 1), doneOf());
    settings.nprobe.value = 3;
    let answered = transport.requests.length - 1;
    for (let rounds = 0; rounds < 200; rounds++) {
      while (answered < transport.requests.length && answered < 500) {
        const { request } = transport.requests[answered++];
        transport.say({ kind: "error", request, code: "internal", message: "the disk is gone" });
      }
      vi.advanceTimersByTime(1000);
    }
    expect(transport.requests.length).toBeLessThan(12);
    expect(exploration.failure.value).toBe("the disk is gone");
    const before = transport.requests.length;
    settings.nprobe.value = 4;
    vi.advanceTimersByTime(1000);
    expect(transport.requests.length).toBeGreaterThan(before);
    abort.abort();
    vi.useRealTimers();
  },
);

describe("an answer that is lost while the kernel is there", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const AGES = 600_000;

  /** A search of which the first cluster was compared, and then the settings have moved to four. */
  function grown() {
    const all = explorationOf(SIZES);
    const { transport, summary, settings } = all;
    transport.say(coarseOf(summary, { exhaustive: false }), candidatesOf(summary, 1, 1), doneOf());
    settings.nprobe.value = 4;
    settings.k.value = 8;
    const nearest = (first: number, last: number, request: RequestName) =>
      transport.say(candidatesOf(summary, first, last, { request, kind: "nearest" }));
    return { ...all, nearest };
  }

  const found = ({ results }: Exploration) => results.value.map(({ id }) => Number(id));

  it("is asked for again: of the clusters beyond the ones that the search compared", () => {
    const { transport, exploration, nearest } = grown();
    expect(transport.all("rest")).toMatchObject([{ last_rank: 4 }]);
    vi.advanceTimersByTime(9_999);
    expect(transport.all("rest")).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(transport.all("rest")).toMatchObject([{ last_rank: 4 }, { last_rank: 4 }]);
    // A kernel that a cell keeps busy is asked more and more rarely.
    vi.advanceTimersByTime(20_000);
    expect(transport.all("rest")).toHaveLength(3);
    expect(exploration.status.value).toBe("searching");
    const { request } = transport.last("rest");
    nearest(2, 4, request);
    transport.say(doneOf(request));
    expect(exploration.status.value).toBe("done");
    expect(found(exploration)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    vi.advanceTimersByTime(AGES);
    expect(transport.all("rest")).toHaveLength(3);
    expect(transport.all("search")).toHaveLength(1);
  });

  it("is waited for from the last message on", () => {
    const { transport, nearest } = grown();
    const { request } = transport.last("rest");
    vi.advanceTimersByTime(9_000);
    nearest(2, 2, request);
    vi.advanceTimersByTime(9_999);
    expect(transport.all("rest")).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(transport.all("rest")).toHaveLength(2);
  });

  it("is asked for again although all candidates are here, for the search goes on without its end", () => {
    const { transport, exploration, nearest } = grown();
    nearest(2, 4, transport.last("rest").request);
    expect(exploration.status.value).toBe("searching");
    vi.advanceTimersByTime(10_000);
    transport.say(doneOf(transport.last("rest").request));
    expect(exploration.status.value).toBe("done");
    vi.advanceTimersByTime(AGES);
    expect(transport.all("rest")).toHaveLength(2);
  });

  it("is searched for anew where the kernel has sent it once, to nobody", () => {
    const { transport, exploration } = grown();
    vi.advanceTimersByTime(10_000);
    transport.say(doneOf(transport.last("rest").request));
    expect(transport.last("search")).toMatchObject({ query: { resume: true }, nprobe: 4 });
    expect(exploration.status.value).toBe("searching");
  });

  function whole() {
    const all = explorationOf(SIZES);
    const { transport, summary, settings, exploration } = all;
    transport.say(...answerOf(summary));
    settings.nprobe.value = 4;
    exploration.needCandidates();
    const fine = (first: number, last: number) => {
      const { request } = transport.last("candidates");
      transport.say(candidatesOf(summary, first, last, { request }));
    };
    return { ...all, fine };
  }

  it("is asked for again from where it ended: every candidate of the probed clusters", () => {
    const { transport, exploration, fine } = whole();
    expect(transport.all("candidates")).toMatchObject([{ first_rank: 2, last_rank: 4 }]);
    vi.advanceTimersByTime(9_000);
    fine(2, 2);
    vi.advanceTimersByTime(9_999);
    expect(transport.all("candidates")).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(transport.last("candidates")).toMatchObject({ first_rank: 3, last_rank: 4 });
    fine(3, 4);
    expect(exploration.search.value?.fine).toBe(4);
    vi.advanceTimersByTime(AGES);
    expect(transport.all("candidates")).toHaveLength(2);
  });

  it("leaves no gap where its first message is lost", () => {
    const { transport, exploration, summary, fine } = whole();
    const deliver = () =>
      transport.say(candidatesOf(summary, 3, 4, { request: transport.last("candidates").request }));
    expect(deliver).toThrow("expected 2");
    expect(exploration.search.value?.fine).toBe(1);
    vi.advanceTimersByTime(10_000);
    expect(transport.all("candidates")).toHaveLength(2);
    expect(transport.last("candidates")).toMatchObject({ first_rank: 2, last_rank: 4 });
    fine(2, 4);
    expect(exploration.search.value?.fine).toBe(4);
  });

  it.each(["the kernel fails at it", "another search is shown", "the kernel is lost", "the page is gone"])(
    "is not asked for again once %s",
    (event) => {
      const { transport, summary, abort } = whole();
      const { request } = transport.last("candidates");
      if (event === "the kernel fails at it") {
        transport.say({ kind: "error", request, code: "internal", message: "the disk is gone" });
      } else if (event === "another search is shown") {
        transport.say(...answerOf(summary, { request: "kernel:2", serial: 2 }));
      } else if (event === "the kernel is lost") {
        transport.alive = false;
        transport.lose();
      } else abort.abort();
      vi.advanceTimersByTime(AGES);
      expect(transport.all("candidates")).toHaveLength(1);
      abort.abort();
    },
  );
});

describe("messages that come twice or in another order", () => {
  it("change nothing when they are repeated", () => {
    const { exploration, say, asked, summary } = connected();
    const before = asked("search").length;
    for (const part of answer(summary)) say(part, part);
    expect(ids(exploration)).toEqual(EXPECTED);
    expect(exploration.status.value).toBe("done");
    expect(exploration.failure.value).toBeNull();
    expect(asked("search")).toHaveLength(before);
  });

  it("of two searches that are mixed, show the newer", () => {
    const { exploration, say, summary } = connected();
    const older = answer(summary, { request: "kernel:1", serial: 1, id: 7n });
    const newer = answer(summary, { request: "kernel:2", serial: 2, id: 8n });
    older.forEach((part, i) => {
      say(newer[i], part);
    });
    expect(exploration.search.value?.id).toBe(8n);
    expect(ids(exploration)).toEqual(EXPECTED);
    expect(exploration.status.value).toBe("done");
  });
});

/** What may happen to messages on their way. */
const ACCIDENTS: ((packets: Packet[], place: number, dice: () => number) => Packet[])[] = [
  (packets, place) => packets.filter((_, i) => i !== place),
  (packets, place) => packets.flatMap((part, i) => (i === place ? [part, part] : [part])),
  (packets, place) => {
    const other = (place + 1) % packets.length;
    return packets.map((part, i) => (i === place ? packets[other] : i === other ? packets[place] : part));
  },
  (packets, place, dice) =>
    packets.map(([content, buffers], i): Packet => {
      if (i !== place) return [content, buffers];
      const cut = buffers.map(
        (view) => new DataView(view.buffer, view.byteOffset, Math.floor(view.byteLength * dice())),
      );
      return [content, cut];
    }),
  (packets, place, dice) =>
    packets.map(([content, buffers], i): Packet => {
      if (i !== place) return [content, buffers];
      const names = Object.keys(content);
      const name = names[Math.floor(dice() * names.length)];
      const wrong = [null, -1, "x", [], {}, undefined, Number.NaN, 1e300][Math.floor(dice() * 8)];
      return [{ ...content, [name]: wrong }, buffers];
    }),
  (packets, place) =>
    packets.map(([content, buffers], i): Packet => [content, i === place ? buffers.slice(1) : buffers]),
  (packets, place) => packets.slice(0, place),
];

it("whatever happens on the way, the next answer is right", () => {
  for (let seed = 0; seed < 400; seed++) {
    const dice = randomOf(seed);
    const { exploration, say, asked, summary, abort, settings } = connected();
    const map = encoded(mapOf(summary.sizes));
    let packets: Packet[] = [map, ...answer(summary), ...answer(summary, { request: "kernel:2", serial: 2 })];
    for (let count = Math.floor(1 + 3 * dice()); count > 0 && packets.length > 0; count--) {
      const accident = ACCIDENTS[Math.floor(dice() * ACCIDENTS.length)];
      packets = accident(packets, Math.floor(dice() * packets.length), dice);
    }
    const before = asked("search").length;
    say(...packets);
    expect(asked("search").length - before, `seed ${seed}`).toBeLessThanOrEqual(3);
    for (const { content } of asked("search").slice(before)) {
      say(...answer(summary, { request: content.request as string, serial: 1e6 }));
    }
    exploration.ask({ random: true });
    const request = asked("search").at(-1)?.content.request as string;
    settings.nprobe.value = 2;
    settings.k.value = 4;
    say(map, ...answer(summary, { request, serial: 1e301 }));
    const shown = [exploration.status.value, ids(exploration), exploration.map.value?.final];
    expect(shown, `seed ${seed}`).toEqual(["done", EXPECTED, true]);
    abort.abort();
  }
});

it("the fuzzed answer is the one that is expected without any accident", () => {
  const { exploration, transport, settings, summary } = explorationOf(SIZES);
  settings.nprobe.value = 2;
  settings.k.value = 4;
  transport.say(...answerOf(summary));
  expect(ids(exploration)).toEqual(EXPECTED);
});
