import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import {
  type ColumnScale,
  clusterValuesText,
  endsText,
  joinedScale,
  meanOf,
  shareOf,
  valueText,
} from "../src/model/columnScale";
import { Asker } from "../src/protocol/asker";
import type { Scale } from "../src/protocol/messages";
import { labels } from "../src/state/labels";
import { codesOf } from "../src/views/labels/pointLabels";
import { FakeTransport, settled, summaryOf } from "./support";

function scaleOf(changes: Partial<Scale> = {}): Scale {
  return {
    kind: "scale",
    request: "s",
    column: 1,
    index_version: 0,
    unit: "number",
    low: 2,
    high: 98,
    least: 0,
    greatest: 100,
    counted: 12,
    total: 12,
    limit: 2000,
    missing: 1,
    infinite: 0,
    rows: 3,
    offset: 0,
    valued: Int32Array.of(4, 0, 7),
    means: Float64Array.of(50, 0, 1.25),
    least_values: Float64Array.of(0, 0, 1.25),
    greatest_values: Float64Array.of(100, 0, 1.25),
    ...changes,
  };
}

describe("the place of a value on a scale", () => {
  it("goes from 0 to 1, and values beyond the ends are at them", () => {
    const values = [-Infinity, -5, 2, 50, 98, 1e300, Infinity];
    expect(values.map((value) => shareOf({ low: 2, high: 98 }, value))).toEqual([0, 0, 0, 0.5, 1, 1, 1]);
    expect(shareOf({ low: 2, high: 98 }, Number.NaN)).toBeNaN();
  });

  it("is the middle where there is one value, and told of huge ones", () => {
    expect([6, 7, 8].map((value) => shareOf({ low: 7, high: 7 }, value))).toEqual([0, 0.5, 1]);
    expect(shareOf({ low: -1.7e308, high: 1.7e308 }, 0)).toBe(0.5);
    expect([-Infinity, Infinity].map((value) => shareOf({ low: null, high: null }, value))).toEqual([0, 1]);
  });
});

describe("values as text", () => {
  const text = (low: number, high: number, value: number, unit: ColumnScale["unit"] = "number") =>
    valueText({ unit, low, high }, value);

  it("have the digits that the scale needs", () => {
    expect(text(0, 1, 1 / 3)).toBe("0.33");
    expect(text(59.49, 194, 97.3149)).toBe("97");
    expect(text(1901, 1999, 1950.26)).toBe("1950.3");
    expect(text(100_000.1, 100_000.9, 100_000.123_456)).toBe("100,000.123");
    expect(text(0.5, 2e6, 1_234_567.8)).toBe("1,234,568");
    expect(text(3.5, 3.5, 3.5)).toBe("3.5");
    expect(text(0, 0, 0)).toBe("0");
    expect(text(2 ** 53, 2 ** 60, 2 ** 53)).toBe("9.01e+15");
    expect(text(0, 3e-9, 1.234e-9)).toBe("1.23e-9");
  });

  it("are dates, with the time of day where the scale is short", () => {
    const second = Date.UTC(2020, 0, 2, 3, 4, 5) / 1000;
    expect(text(0, second, second, "date")).toBe("2020-01-02");
    expect(text(0, second, second, "time")).toBe("2020-01-02");
    expect(text(second - 7200, second, second, "time")).toBe("2020-01-02 03:04");
    expect(text(second - 60, second, second, "time")).toBe("2020-01-02 03:04:05");
    expect(text(0, 1, 1e13, "date")).toBe("10,000,000,000,000");
  });

  it("say what the ends are and of how many rows", () => {
    expect(endsText(scaleOf()).short).toBe("2nd to 98th percentile of 12 rows");
    expect(endsText(scaleOf()).detail).toContain("values from 0 to 100; 1 row without a value");
    expect(endsText(scaleOf({ total: 9000, infinite: 2 })).detail).toMatch(
      /12 sampled rows.*2 infinite values/,
    );
    expect(endsText(scaleOf({ least: 2, greatest: 98 })).short).toBe("least to greatest value of 12 rows");
    expect(endsText(scaleOf({ low: 7, high: 7, least: 7, greatest: 7 })).short).toBe("one value of 12 rows");
    const none = scaleOf({ low: null, high: null, least: null, greatest: null });
    expect(endsText(none).short).toBe("no finite value of 12 rows");
  });

  it("tell the mean and the range of a cluster", () => {
    expect(clusterValuesText(scaleOf(), 0, 4)).toEqual({ mean: "mean 50", range: "from 0 to 100" });
    expect(clusterValuesText(scaleOf(), 1, 4)).toEqual({ mean: "no value", range: null });
    expect(clusterValuesText(scaleOf(), 2, 9000).mean).toBe("always 1.3 in 7 sampled rows");
  });
});

it("a scale is joined from its parts, and an empty cluster has no mean", () => {
  const first = scaleOf({ valued: Int32Array.of(4), means: Float64Array.of(50) });
  const rest = scaleOf({ offset: 1, valued: Int32Array.of(0, 7), means: Float64Array.of(0, 1.25) });
  const parts = [first, rest].map((part) => ({
    ...part,
    least_values: part.means,
    greatest_values: part.means,
  }));
  const whole = joinedScale(parts);
  expect(whole.valued).toEqual(Int32Array.of(4, 0, 7));
  expect([0, 1, 2].map((cluster) => meanOf(whole, cluster))).toEqual([50, Number.NaN, 1.25]);
});

describe("the scale that is shown", () => {
  function open() {
    const transport = new FakeTransport();
    const summary = signal(summaryOf([4, 0, 7], { columns: ["name", "price", "size"], scales: [1, 2] }));
    const abort = new AbortController().signal;
    const state = labels(summary, new Asker(transport, abort), abort);
    const choose = (column: number) => {
      state.scale.column.value = column;
      state.wanted.value = "scale";
    };
    const say = (changes: Partial<Scale> = {}) =>
      transport.say(scaleOf({ request: transport.last("scale").request, ...changes }));
    return { transport, summary, state, choose, say };
  }

  it("is asked for once a column is chosen, and colours mean it once it has come", () => {
    const { transport, state, choose, say } = open();
    expect(transport.all("scale")).toEqual([]);
    choose(1);
    expect(transport.last("scale").column).toBe(1);
    expect(state.coloursBy.value).toBe("rank");
    say();
    expect(state.coloursBy.value).toBe("scale");
    state.wanted.value = "rank";
    expect(state.coloursBy.value).toBe("rank");
    expect(transport.all("scale")).toHaveLength(1);
  });

  it("is asked for anew for another column and for a changed index, and a late answer is not mixed up", () => {
    const { transport, summary, state, choose, say } = open();
    choose(1);
    const { request } = transport.last("scale");
    choose(2);
    expect(transport.last("scale").column).toBe(2);
    say({ request });
    expect(state.scale.shown.value).toBeNull();
    say({ column: 2 });
    expect(state.scale.shown.value?.column).toBe(2);
    summary.value = { ...summary.value, indexVersion: 1 };
    expect(state.scale.shown.value).toBeNull();
    expect(transport.all("scale")).toHaveLength(3);
  });

  it("of rows without a value colours nothing, and a refusal is told once", () => {
    const { transport, state, choose, say } = open();
    choose(1);
    say({ missing: 12, low: null, high: null });
    expect(state.coloursBy.value).toBe("rank");
    choose(2);
    transport.say({ kind: "error", request: transport.last("scale").request, code: "x", message: "cannot" });
    expect(state.scale.refusal.value).toBe("cannot");
    expect(transport.all("scale")).toHaveLength(2);
  });

  it("has levels of rows, asked for cluster by cluster, unless they are of another scale", async () => {
    const { transport, state, choose, say } = open();
    choose(1);
    say();
    state.scale.rows.need([2, 0]);
    const { request, clusters, column } = transport.last("row_levels");
    expect([clusters, column]).toEqual([[2, 0], 1]);
    const rows = { clusters: Int32Array.of(2), counts: Int32Array.of(2), ids: BigInt64Array.of(8n, 9n) };
    const levels = {
      kind: "row_levels",
      column: 1,
      low: 2,
      high: 98,
      levels: Uint8Array.of(0, 254),
    } as const;
    transport.say({ request, ...levels, ...rows });
    await settled();
    const points = { count: 3, ids: BigInt64Array.of(9n, 8n, 5n), ranks: Uint32Array.of(1, 1, 1) };
    expect(codesOf(points, () => state.scale.rows.of(2), 255)).toEqual(Uint8Array.of(254, 0, 255));
    const next = transport.last("row_levels");
    expect(next.clusters).toEqual([0]);
    transport.say({ request: next.request, ...levels, ...rows, high: 7 });
    await settled();
    expect(state.scale.rows.of(0)).toBeNull();
    expect(transport.all("row_levels")).toHaveLength(2);
  });
});
