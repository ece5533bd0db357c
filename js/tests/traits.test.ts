import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followTrait, Saves, traitSignal } from "../src/state/traits";
import { FakeModel } from "./model";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function connect(state: Record<string, unknown>) {
  const model = new FakeModel(state);
  const abort = new AbortController();
  const saves = new Saves(model.model, abort.signal);
  const number = (value: unknown) => (typeof value === "number" ? value : undefined);
  const nprobe = traitSignal(model.model, saves, "nprobe", number, (v) => v, 1, abort.signal);
  return { model, abort, saves, nprobe };
}

describe("a signal that follows a trait", () => {
  it("begins with the trait's value, and says nothing", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    expect(nprobe.value).toBe(7);
    expect(model.saved).toEqual([]);
  });

  it("follows the kernel without an echo", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    model.receive("nprobe", 9);
    vi.runAllTimers();
    expect(nprobe.value).toBe(9);
    expect(model.saved).toEqual([]);
  });

  it("tells the kernel what changes here", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    nprobe.value = 3;
    expect(model.get("nprobe")).toBe(3);
    expect(model.saved).toEqual([{ nprobe: 3 }]);
  });

  it("ignores what it cannot read", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    model.receive("nprobe", "many");
    expect(nprobe.value).toBe(7);
    expect(model.saved).toEqual([]);
  });

  it("does not echo lists of ids, which are new objects each time", () => {
    const model = new FakeModel({ selection: ["1", "2"] });
    const abort = new AbortController();
    const selection = traitSignal<readonly bigint[]>(
      model.model,
      new Saves(model.model, abort.signal),
      "selection",
      (value) => (value as string[]).map(BigInt),
      (ids) => ids.map(String),
      [],
      abort.signal,
    );
    model.receive("selection", ["9007199254740993"]);
    expect(selection.value).toEqual([9007199254740993n]);
    expect(model.saved).toEqual([]);
    selection.value = [-5n];
    expect(model.saved).toEqual([{ selection: ["-5"] }]);
  });

  it("lets go when its widget ends", () => {
    const { model, abort, nprobe } = connect({ nprobe: 7 });
    abort.abort();
    model.receive("nprobe", 9);
    expect(nprobe.value).toBe(7);
    nprobe.value = 2;
    expect(model.saved).toEqual([]);
  });

  it("does not fall back to the echo of an older value while a newer one waits", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    nprobe.value = 8;
    nprobe.value = 9;
    model.receive("nprobe", 8);
    expect(nprobe.value).toBe(9);
    vi.runAllTimers();
    expect(model.saved).toEqual([{ nprobe: 8 }, { nprobe: 9 }]);
    model.receive("nprobe", 4);
    expect(nprobe.value).toBe(4);
  });

  it("does not fall back to the echo of a value before the last that was saved", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    nprobe.value = 8;
    nprobe.value = 9;
    vi.advanceTimersByTime(150);
    nprobe.value = 10;
    for (const echo of [8, 9]) model.receive("nprobe", echo);
    expect(nprobe.value).toBe(10);
    vi.runAllTimers();
    expect(model.saved).toEqual([{ nprobe: 8 }, { nprobe: 9 }, { nprobe: 10 }]);
  });

  it("takes what Python sets while its own value waits, which is older", () => {
    const { model, nprobe } = connect({ nprobe: 7, k: 5 });
    nprobe.value = 8;
    nprobe.value = 9;
    model.receive("nprobe", 4);
    expect(nprobe.value).toBe(4);
    vi.runAllTimers();
    expect([nprobe.value, model.get("nprobe")]).toEqual([4, 4]);
    expect(model.saved).toEqual([{ nprobe: 8 }]);
    // The drag goes on: now the page's value is the newest.
    nprobe.value = 10;
    vi.runAllTimers();
    expect(model.saved).toEqual([{ nprobe: 8 }, { nprobe: 10 }]);
  });

  it("takes what Python sets while another trait waits, and does not send it back with that", () => {
    const { model, abort, saves, nprobe } = connect({ nprobe: 7, k: 5 });
    const k = traitSignal(model.model, saves, "k", Number, (value) => value, 1, abort.signal);
    nprobe.value = 8;
    nprobe.value = 9;
    k.value = 6;
    model.receive("nprobe", 4);
    vi.runAllTimers();
    expect([nprobe.value, k.value]).toEqual([4, 6]);
    expect(model.saved).toEqual([{ nprobe: 8 }, { k: 6 }]);
  });

  it("that is back at the value that was saved has nothing more to save", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    nprobe.value = 8;
    nprobe.value = 9;
    nprobe.value = 8;
    vi.runAllTimers();
    expect(nprobe.value).toBe(8);
    expect(model.saved).toEqual([{ nprobe: 8 }]);
  });

  it("keeps its own value when the kernel is gone", () => {
    const { model, nprobe } = connect({ nprobe: 7 });
    model.alive = false;
    nprobe.value = 3;
    vi.runAllTimers();
    expect(nprobe.value).toBe(3);
  });
});

it("a trait that only the kernel sets is followed, but for values that cannot be read, until the page is gone", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const model = new FakeModel({ size: 3 });
  const abort = new AbortController();
  const read = (value: unknown) => {
    if (typeof value !== "number") throw new Error("no number");
    return value;
  };
  const size = followTrait(model.model, "size", read, abort.signal);
  const seen = [7, "x", null, 9].map((value) => {
    model.receive("size", value);
    return size.value;
  });
  expect(seen).toEqual([7, 7, 7, 9]);
  expect(warn).toHaveBeenCalledTimes(2);
  abort.abort();
  expect(model.listeners()).toBe(0);
  warn.mockRestore();
});

describe("saving while a slider is dragged", () => {
  it("is done at once, then once per interval, and the last value arrives", () => {
    const { model, nprobe } = connect({ nprobe: 1 });
    for (let value = 2; value <= 50; value++) nprobe.value = value;
    expect(model.saved).toEqual([{ nprobe: 2 }]);
    vi.advanceTimersByTime(1000);
    expect(model.saved).toEqual([{ nprobe: 2 }, { nprobe: 50 }]);
    nprobe.value = 51;
    expect(model.saved.at(-1)).toEqual({ nprobe: 51 });
  });

  it("is not put off for ever by a drag that goes on", () => {
    const { model, nprobe } = connect({ nprobe: 1 });
    for (let value = 2; value <= 61; value++) {
      nprobe.value = value;
      vi.advanceTimersByTime(50);
    }
    expect(model.saved.length).toBeGreaterThanOrEqual(3);
    expect(model.saved.length).toBeLessThanOrEqual(5);
    vi.runAllTimers();
    expect(model.saved.at(-1)).toEqual({ nprobe: 61 });
  });

  it("ends with the widget", () => {
    const { model, nprobe, abort } = connect({ nprobe: 1 });
    nprobe.value = 2;
    nprobe.value = 3;
    abort.abort();
    vi.runAllTimers();
    expect(model.saved).toEqual([{ nprobe: 2 }]);
  });
});
