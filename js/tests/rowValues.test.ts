import { signal } from "@preact/signals";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Asker } from "../src/protocol/asker";
import { RowValues } from "../src/state/rowValues";
import { FakeTransport, settled, summaryOf } from "./support";

afterEach(() => {
  vi.useRealTimers();
});

function open(columns: string[] = ["name", "size"]) {
  const transport = new FakeTransport();
  const summary = summaryOf([3], { columns });
  const values = new RowValues(signal(summary), new Asker(transport, new AbortController().signal));
  const asked = () => transport.all("row_values").map((request) => request.ids.map(Number));
  const answer = async (make = (id: string): (string | null)[] => [`row ${id}`, null]) => {
    const { request, ids } = transport.last("row_values");
    transport.say({
      kind: "row_values",
      request,
      ids: ids.map(BigInt),
      values: ids.map(make),
      numbers: Float64Array.from(ids.flatMap((id) => [NaN, Number(id)])),
    });
    await settled();
  };
  const fail = async () => {
    const { request } = transport.last("row_values");
    transport.say({ kind: "error", request, code: "internal", message: "no" });
    await settled();
  };
  return { values, asked, answer, fail };
}

describe("the values of rows", () => {
  it("that are shown together are asked for together, and each once", async () => {
    const { values, asked, answer } = open();
    const held = [1n, 2n, 1n].map((id) => values.of(id));
    await settled();
    expect(asked()).toEqual([[1, 2]]);
    expect(held[0].value).toBeNull();
    await answer();
    expect(held.map((one) => one.value?.[0])).toEqual(["row 1", "row 2", "row 1"]);
    values.of(2n);
    await settled();
    expect(asked()).toHaveLength(1);
  });

  it("of more rows than one request takes are asked for the newest first", async () => {
    const { values, asked, answer } = open();
    for (let id = 0n; id < 100n; id++) values.of(id);
    await settled();
    expect(asked()[0]).toHaveLength(64);
    expect(asked()[0].at(-1)).toBe(99);
    await answer();
    expect(asked()[1]).toEqual(Array.from({ length: 36 }, (_, i) => i));
  });

  it("are not asked for without columns", async () => {
    const { values, asked } = open([]);
    values.of(1n);
    await settled();
    expect(asked()).toEqual([]);
  });

  it("that could not be had are asked for again, and shown where they were to be", async () => {
    vi.useFakeTimers();
    const { values, asked, answer, fail } = open();
    const first = values.of(1n);
    await settled();
    await fail();
    expect(first.value).toBeNull();
    const second = values.of(2n);
    await settled();
    expect(asked()[1]).toEqual([2]);
    await answer();
    expect(second.value).toEqual(["row 2", null]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked()[2]).toEqual([1]);
    await answer();
    expect(first.value).toEqual(["row 1", null]);
  });

  it("that cannot be had are given up after some times, until they are shown again", async () => {
    vi.useFakeTimers();
    const { values, asked, fail } = open();
    values.of(1n);
    await settled();
    for (const [i, seconds] of [1, 2, 4, 8, 60].entries()) {
      expect(asked()).toHaveLength(i + 1);
      await fail();
      await vi.advanceTimersByTimeAsync(seconds * 1000);
    }
    expect(asked()).toHaveLength(5);
    values.of(1n);
    await settled();
    expect(asked()).toHaveLength(6);
  });

  it("are kept for a bounded number of rows", async () => {
    const { values, asked, answer } = open();
    values.of(-1n);
    await settled();
    await answer();
    for (let id = 0n; id < 5000n; id++) values.of(id);
    await settled();
    for (let i = 0; i < 60; i++) await answer();
    const requests = asked().length;
    // A row of the beginning was forgotten, and is asked for again.
    values.of(-1n);
    await settled();
    expect(asked()[requests]).toEqual([-1]);
    expect(asked().flat().length).toBeLessThan(2200);
  });
});
