import { expect, it } from "vitest";
import { Parts } from "../src/model/parts";

const part = (offset: number, request = "a", rows = 5) => ({ request, offset, rows });

it("parts are a whole with the last of them", () => {
  const parts = new Parts<ReturnType<typeof part>>();
  expect(parts.take(part(0), 2)).toBeNull();
  expect(parts.take(part(2), 2)).toBeNull();
  expect(parts.take(part(4), 1)).toEqual([part(0), part(2), part(4)]);
});

it("one part can be the whole, even of nothing", () => {
  const parts = new Parts<ReturnType<typeof part>>();
  expect(parts.take(part(0), 5)).toHaveLength(1);
  expect(parts.take(part(0, "b", 0), 0)).toHaveLength(1);
});

it("a first part begins anew", () => {
  const parts = new Parts<ReturnType<typeof part>>();
  parts.take(part(0), 2);
  parts.take(part(0, "b"), 3);
  expect(parts.take(part(3, "b"), 2)).toEqual([part(0, "b"), part(3, "b")]);
});

it("parts out of order, or of another answer, are passed over", () => {
  const parts = new Parts<ReturnType<typeof part>>();
  expect(parts.take(part(2), 3)).toBeNull();
  parts.take(part(0), 2);
  expect(parts.take(part(4), 1)).toBeNull();
  expect(parts.take(part(2, "b"), 3)).toBeNull();
  expect(parts.take(part(2), 3)).toHaveLength(2);
});

it("what has been taken in can be forgotten", () => {
  const parts = new Parts<ReturnType<typeof part>>();
  parts.take(part(0), 2);
  parts.clear();
  expect(parts.take(part(2), 3)).toBeNull();
});
