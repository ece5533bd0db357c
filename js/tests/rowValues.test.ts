import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import { Asker } from "../src/protocol/asker";
import { RowValues } from "../src/state/rowValues";
import { FakeTransport, settled, summaryOf } from "./support";

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
  return { transport, values, asked, answer };
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

  it("that could not be had are asked for when they are shown again", async () => {
    const { values, asked, transport } = open();
    const first = values.of(1n);
    await settled();
    const { request } = transport.last("row_values");
    transport.say({ kind: "error", request, code: "internal", message: "no" });
    await settled();
    expect(first.value).toBeNull();
    values.of(2n);
    await settled();
    expect(asked()[1]).toEqual([2]);
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
