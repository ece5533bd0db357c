import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Asker } from "../src/protocol/asker";
import { Pictures } from "../src/state/pictures";
import { FakeTransport, settled, summaryOf } from "./support";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("devicePixelRatio", 1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open() {
  const transport = new FakeTransport();
  const abort = new AbortController();
  const index = signal(summaryOf([3]));
  const pictures = new Pictures(new Asker(transport, abort.signal), index, abort.signal);
  const asked = () => transport.all("thumbnails").map(({ ids, clusters }) => [ids, clusters]);
  const answer = (label: string) => answerPart(null, true, label);
  /** Answer with the pictures at these places of the last request; null for all of them. */
  const answerPart = async (some: number[] | null, final: boolean, label = "here") => {
    await settled();
    const { request, ids, size } = transport.last("thumbnails");
    const places = some ?? [...ids.keys()];
    const items = places.map((place) => ({
      id: BigInt(ids[place]),
      label,
      mime: null,
      offset: 0,
      length: 0,
      url: "https://example.org/picture.png",
      reason: null,
      note: null,
    }));
    transport.say({ kind: "thumbnails", request, size, final, places, items, data: new Uint8Array(0) });
    await settled();
  };
  const fail = async (message: string) => {
    await settled();
    const { request } = transport.last("thumbnails");
    transport.say({ kind: "error", request, code: "interrupted", message });
    await settled();
  };
  return { pictures, index, asked, answer, answerPart, fail };
}

describe("pictures that a request fails at", () => {
  it("say why, and are asked for again when they are shown next, later and later", async () => {
    const { pictures, asked, answer, fail } = open();
    const first = pictures.acquire(1n, 0, 60);
    await fail("interrupted");
    expect(first.picture.value).toMatchObject({ state: "broken", reason: "interrupted" });
    for (const wait of [1000, 2000]) {
      const before = asked().length;
      pictures.acquire(1n, 0, 60);
      await settled();
      vi.advanceTimersByTime(wait - 1);
      expect(asked()).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(asked()).toHaveLength(before + 1);
      if (wait === 1000) await fail("interrupted");
    }
    await answer("here");
    expect(first.picture.value).toMatchObject({ state: "ready", label: "here" });
  });
});

describe("pictures of an index that changes", () => {
  it("are asked for again: the ones on screen at once, the others when they are shown", async () => {
    const { pictures, index, asked, answer } = open();
    const shown = pictures.acquire(1n, 0, 60);
    await answer("before");
    const hidden = pictures.acquire(2n, 0, 60);
    await answer("before");
    hidden.release();
    index.value = { ...index.value, indexVersion: 1 };
    await settled();
    expect(asked().slice(2)).toEqual([[["1"], [0]]]);
    expect(shown.picture.value).toMatchObject({ state: "ready", label: "before" });
    await answer("after");
    expect(shown.picture.value).toMatchObject({ label: "after" });
    expect(pictures.acquire(2n, 0, 60).picture.value.state).toBe("loading");
  });

  it("are asked for once more where the answer was on its way", async () => {
    const { pictures, index, asked, answer } = open();
    const { picture } = pictures.acquire(1n, 0, 60);
    await settled();
    index.value = { ...index.value, indexVersion: 1 };
    await answer("before");
    expect(asked()).toHaveLength(2);
    await answer("after");
    expect(picture.value).toMatchObject({ label: "after" });
    expect(asked()).toHaveLength(2);
  });
});

it("rows of two clusters that share an id have a picture each", async () => {
  const { pictures, asked } = open();
  pictures.acquire(7n, 0, 60);
  pictures.acquire(7n, 1, 60);
  await settled();
  expect(asked()).toEqual([
    [
      ["7", "7"],
      [0, 1],
    ],
  ]);
});

it("rows whose cluster is not known are asked for by themselves, and no cluster is named", async () => {
  const { pictures, asked } = open();
  pictures.acquire(7n, 3, 60);
  pictures.acquire(8n, null, 60);
  pictures.acquire(9n, null, 60);
  await settled();
  expect(asked()).toEqual([
    [["7"], [3]],
    [["8", "9"], null],
  ]);
});

describe("pictures that are not ready at once", () => {
  it("appear as they come, in the order in which the rows are shown", async () => {
    const { pictures, asked, answerPart } = open();
    const shown = [4n, 2n, 9n].map((id) => pictures.acquire(id, 0, 60).picture);
    const states = () => shown.map(({ value }) => value.state);
    await settled();
    expect(asked()).toEqual([
      [
        ["4", "2", "9"],
        [0, 0, 0],
      ],
    ]);
    await answerPart([0], false);
    expect(states()).toEqual(["ready", "loading", "loading"]);
    await answerPart([2], false);
    expect(states()).toEqual(["ready", "loading", "ready"]);
    await answerPart([1], true);
    expect(states()).toEqual(["ready", "ready", "ready"]);
  });

  it("are waited for as long as some come", async () => {
    const { pictures, asked, answerPart } = open();
    for (const id of [4n, 2n, 9n]) pictures.acquire(id, 0, 60);
    await settled();
    vi.advanceTimersByTime(9000);
    await answerPart([0], false);
    vi.advanceTimersByTime(9000);
    expect(asked()).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    expect(asked()).toHaveLength(2);
  });

  it("come after the ones that are shown later", async () => {
    const { pictures, asked, answerPart } = open();
    const rows = (first: number, count: number) =>
      Array.from({ length: count }, (_, i) => pictures.acquire(BigInt(first + i), 0, 60));
    rows(0, 200);
    await settled();
    expect(asked().map(([ids]) => (ids as string[])[0])).toEqual(["0", "48", "96"]);
    rows(1000, 2);
    await settled();
    await answerPart([...Array(48).keys()], true);
    expect((asked()[3][0] as string[]).slice(0, 3)).toEqual(["1000", "1001", "144"]);
  });
});
