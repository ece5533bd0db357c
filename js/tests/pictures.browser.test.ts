import { signal } from "@preact/signals";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Asker } from "../src/protocol/asker";
import type { Thumbnails } from "../src/protocol/messages";
import { Pictures } from "../src/state/pictures";
import { FakeTransport, mapOf, settled, summaryOf } from "./support";

afterEach(() => {
  vi.restoreAllMocks();
});

function open() {
  const transport = new FakeTransport();
  const abort = new AbortController();
  const asker = new Asker(transport, abort.signal);
  const pictures = new Pictures(asker, signal(summaryOf([3])), abort.signal);
  let answered = 0;
  /** Answer all requests until no more come. */
  const answer = async (
    make: (request: { ids: string[]; size: number }) => Partial<Thumbnails> = encoded,
  ) => {
    await settled();
    for (
      let asked = transport.all("thumbnails");
      asked.length > answered;
      asked = transport.all("thumbnails")
    ) {
      const request = asked[answered++];
      transport.say({
        kind: "thumbnails",
        request: request.request,
        size: request.size,
        final: true,
        places: [...request.ids.keys()],
        items: [],
        data: new Uint8Array(0),
        ...make(request),
      });
      await settled();
    }
  };
  const ids = () => transport.all("thumbnails").map((request) => request.ids.map(Number));
  return { transport, pictures, abort, answer, ids };
}

/** One byte for each picture: its id. */
function encoded({ ids }: { ids: string[] }): Pick<Thumbnails, "items" | "data"> {
  return {
    items: ids.map((id, i) => ({
      id: BigInt(id),
      label: `row ${id}`,
      mime: "image/png",
      offset: i,
      length: 1,
      url: null,
      reason: null,
      note: null,
    })),
    data: Uint8Array.from(ids, Number),
  };
}

describe("pictures", () => {
  it("that are shown together are asked for together, with the clusters they live in", async () => {
    const { pictures, transport } = open();
    for (const id of [1n, 2n ** 53n + 1n, -3n]) pictures.acquire(id, Number(id % 7n) + 5, 60);
    expect(transport.all("thumbnails")).toEqual([]);
    await settled();
    const [request, ...others] = transport.all("thumbnails");
    expect(others).toEqual([]);
    expect(new Set(request.ids)).toEqual(new Set(["1", "9007199254740993", "-3"]));
    expect(request.clusters).toEqual(request.ids.map((id) => Number(BigInt(id) % 7n) + 5));
    expect(request.size).toBe(64 * Math.ceil(devicePixelRatio));
  });

  it("that many tiles show are asked for once", async () => {
    const { pictures, ids } = open();
    const held = [1, 2, 3].map(() => pictures.acquire(7n, 0, 60));
    await settled();
    expect(ids()).toEqual([[7]]);
    expect(new Set(held.map(({ picture }) => picture)).size).toBe(1);
  });

  it("of different sizes are different pictures", async () => {
    const { pictures, transport } = open();
    pictures.acquire(7n, 0, 60);
    pictures.acquire(7n, 0, 200);
    await settled();
    expect(new Set(transport.all("thumbnails").map(({ size }) => size)).size).toBe(2);
  });

  it("arrive with their label and their own bytes", async () => {
    const { pictures, answer } = open();
    const held = [3n, 4n].map((id) => pictures.acquire(id, 0, 60));
    expect(held[0].picture.value).toEqual({ state: "loading" });
    await answer();
    for (const [i, { picture }] of held.entries()) {
      const shown = picture.value;
      if (shown.state !== "ready") throw new Error("not ready");
      expect(shown.label).toBe(`row ${i + 3}`);
      const blob = await (await fetch(shown.url)).blob();
      expect(blob.type).toBe("image/png");
      expect([...new Uint8Array(await blob.arrayBuffer())]).toEqual([i + 3]);
    }
  });

  it.each([
    ["image/png", 6, true],
    ["image/png", 2, false],
    ["image/jpeg", 6, false],
  ])("of type %s whose 26th byte is %i show what is behind them: %s", async (mime, colourType, expected) => {
    const { pictures, answer } = open();
    const { picture } = pictures.acquire(3n, 0, 60);
    const data = new Uint8Array(30).fill(9);
    data[25] = colourType;
    await answer(({ ids }) => ({
      items: [{ ...encoded({ ids }).items[0], mime, length: data.length }],
      data,
    }));
    expect(picture.value).toMatchObject({ state: "ready", isTransparent: expected });
  });

  it("are asked for in batches, a few at a time, and the ones shown last first", async () => {
    const { pictures, ids, answer } = open();
    for (let id = 0; id < 300; id++) pictures.acquire(BigInt(id), 0, 60);
    await settled();
    expect(ids().map((batch) => batch.length)).toEqual([48, 48, 48]);
    expect(ids()[0][0]).toBe(0);
    for (let id = 1000; id < 1010; id++) pictures.acquire(BigInt(id), 0, 60);
    await answer();
    expect(ids()[3].slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, i) => 1000 + i));
    const asked = ids().flat();
    expect(asked).toHaveLength(310);
    expect(new Set(asked).size).toBe(310);
  });

  it("that are out of sight before their turn are not asked for, but are when they come back", async () => {
    const { pictures, ids } = open();
    const gone = pictures.acquire(1n, 0, 60);
    pictures.acquire(2n, 0, 60);
    gone.release();
    await settled();
    expect(ids()).toEqual([[2]]);
    pictures.acquire(1n, 0, 60);
    await settled();
    expect(ids()).toEqual([[2], [1]]);
  });

  it("that are here are not asked for again", async () => {
    const { pictures, ids, answer } = open();
    const { release } = pictures.acquire(1n, 0, 60);
    await answer();
    release();
    const again = pictures.acquire(1n, 0, 60);
    await settled();
    expect(again.picture.value.state).toBe("ready");
    expect(ids()).toEqual([[1]]);
  });

  it("are broken, with the reason, where there are none", async () => {
    const { pictures, answer } = open();
    const held = [0n, 1n, 2n].map((id) => pictures.acquire(id, 0, 60));
    const found = [
      { reason: "it is cut short" },
      { url: "https://example.org/a.png" },
      { url: "javascript:0" },
    ];
    const nothing = { mime: null, offset: 0, length: 0, url: null, reason: null, label: null, note: null };
    await answer(({ ids }) => ({
      items: ids.map((id) => ({ ...nothing, id: BigInt(id), ...found[Number(id)] })),
    }));
    const states = held.map(({ picture }) => picture.value);
    expect(states[0]).toMatchObject({ state: "broken", reason: "it is cut short" });
    expect(states[1]).toMatchObject({ state: "ready", url: "https://example.org/a.png", owned: false });
    expect(states[2]).toMatchObject({ state: "broken", reason: "no picture" });
  });

  it("that the answer leaves out are broken", async () => {
    const { pictures, answer } = open();
    const { picture } = pictures.acquire(1n, 0, 60);
    await answer(() => ({ places: [], items: [] }));
    expect(picture.value).toMatchObject({ state: "broken", reason: "the kernel sent no picture" });
  });

  it("are broken when the kernel fails or is gone, and others are still asked for", async () => {
    const { pictures, transport, answer } = open();
    const failed = pictures.acquire(1n, 0, 60);
    await settled();
    const { request } = transport.last("thumbnails");
    transport.say({ kind: "error", request, code: "internal", message: "no" });
    await settled();
    expect(failed.picture.value).toMatchObject({ state: "broken", reason: "no" });
    transport.alive = false;
    const lost = pictures.acquire(2n, 0, 60);
    await settled();
    expect(lost.picture.value.state).toBe("broken");
    transport.alive = true;
    const good = pictures.acquire(3n, 0, 60);
    await answer(({ ids }) => encoded({ ids }));
    expect(good.picture.value.state).not.toBe("broken");
  });
});

describe("pictures that do not come", () => {
  afterEach(() => vi.useRealTimers());

  it("are asked for again, and keep no others from coming", async () => {
    vi.useFakeTimers();
    const { pictures, transport } = open();
    const held = Array.from({ length: 200 }, (_, id) => pictures.acquire(BigInt(id), 0, 60));
    await settled();
    const lost = transport.all("thumbnails");
    expect(lost).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(10_000);
    const again = transport.all("thumbnails").slice(3);
    expect(again.map(({ ids }) => ids)).toEqual(lost.map(({ ids }) => ids));
    for (let asked = 3; asked < transport.all("thumbnails").length; asked++) {
      const request = transport.all("thumbnails")[asked];
      const { items, data } = encoded(request);
      const places = [...request.ids.keys()];
      const { size } = request;
      transport.say({ kind: "thumbnails", request: request.request, size, final: true, places, items, data });
      await settled();
    }
    expect(held.map(({ picture }) => picture.value.state)).toEqual(Array(200).fill("ready"));
    const count = transport.all("thumbnails").length;
    await vi.advanceTimersByTimeAsync(1_000_000);
    expect(transport.all("thumbnails")).toHaveLength(count);
  });

  it("are asked for ever more rarely while the kernel is busy", async () => {
    vi.useFakeTimers();
    const { pictures, transport } = open();
    pictures.acquire(1n, 0, 60);
    await settled();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(transport.all("thumbnails")).toHaveLength(6);
  });

  it("because the kernel is gone, say so, and come when it is back", async () => {
    const { pictures, transport, answer } = open();
    const early = pictures.acquire(1n, 0, 60);
    await settled();
    transport.alive = false;
    transport.lose();
    const late = pictures.acquire(2n, 0, 60);
    await settled();
    for (const { picture } of [early, late]) {
      expect(picture.value).toMatchObject({ state: "broken", reason: "the kernel is disconnected" });
    }
    transport.alive = true;
    transport.say(mapOf([1]));
    expect(early.picture.value.state).toBe("loading");
    await answer();
    expect([early, late].map(({ picture }) => picture.value.state)).toEqual(["ready", "ready"]);
  });
});

/** Pictures as large as photographs are. */
function large({ ids }: { ids: string[] }): Partial<Thumbnails> {
  const items = encoded({ ids }).items.map((item) => ({ ...item, offset: 0, length: 40_000 }));
  return { items, data: new Uint8Array(40_000) };
}

describe("small pictures", () => {
  it("hold their bytes in their address, every value of them", async () => {
    const bytes = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    const { pictures, answer } = open();
    const { picture } = pictures.acquire(7n, 0, 60);
    await answer(({ ids }) => ({
      items: encoded({ ids }).items.map((item) => ({ ...item, offset: 100, length: 300 })),
      data: bytes,
    }));
    const state = picture.value;
    if (state.state !== "ready") throw new Error("not ready");
    expect(state).toMatchObject({ owned: false, label: "row 7" });
    expect(state.url).toMatch(/^data:image\/png;base64,/);
    const there = new Uint8Array(await (await fetch(state.url)).arrayBuffer());
    expect(there).toEqual(bytes.slice(100, 400));
  });
});

describe("memory for pictures", () => {
  function countUrls() {
    let open = 0;
    const create = URL.createObjectURL.bind(URL);
    const revoke = URL.revokeObjectURL.bind(URL);
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      open++;
      return create(blob);
    });
    vi.spyOn(URL, "revokeObjectURL").mockImplementation((url) => {
      open--;
      revoke(url);
    });
    return () => open;
  }

  it("is bounded by what is shown and a store of those seen last", async () => {
    const urls = countUrls();
    const { pictures, answer } = open();
    const shown = pictures.acquire(0n, 0, 60);
    const releases = [];
    for (let id = 1; id <= 1600; id++) releases.push(pictures.acquire(BigInt(id), 0, 60).release);
    await answer(large);
    expect(urls()).toBe(1601);
    for (const release of releases) {
      release();
      release();
    }
    expect(urls()).toBeLessThanOrEqual(1501);
    expect(urls()).toBeGreaterThan(500);
    const state = shown.picture.value;
    if (state.state !== "ready") throw new Error("not ready");
    expect((await fetch(state.url)).ok).toBe(true);
    const newest = pictures.acquire(1600n, 0, 60);
    expect(newest.picture.value.state).toBe("ready");
  });

  it("is not lost to pictures that come when nobody shows them any more", async () => {
    const urls = countUrls();
    const { pictures, answer } = open();
    const releases = [];
    for (let id = 0; id < 144; id++) releases.push(pictures.acquire(BigInt(id), 0, 60).release);
    await settled();
    for (const release of releases) release();
    for (let id = 1000; id < 2600; id++) pictures.acquire(BigInt(id), 0, 60).release();
    await answer(large);
    for (let id = 0; id < 144; id++) pictures.acquire(BigInt(id), 0, 60);
    await answer(large);
    expect(urls()).toBe(144);
  });

  it("is given back when the widget ends, also by what arrives later", async () => {
    const urls = countUrls();
    const { pictures, abort, transport, answer } = open();
    pictures.acquire(1n, 0, 60);
    await answer(large);
    pictures.acquire(2n, 0, 60);
    await settled();
    const late = transport.last("thumbnails");
    expect(urls()).toBe(1);
    abort.abort();
    expect(urls()).toBe(0);
    transport.say({
      kind: "thumbnails",
      request: late.request,
      size: late.size,
      final: true,
      places: [0],
      items: [],
      data: new Uint8Array(0),
      ...large(late),
    });
    await settled();
    expect(urls()).toBe(0);
  });
});
