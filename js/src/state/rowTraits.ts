import { rowIdIn } from "../protocol/decode";

/** The row id that a trait holds, or null; undefined for anything else. */
export function rowId(value: unknown): bigint | null | undefined {
  return value === null ? null : (rowIdIn(value) ?? undefined);
}

/** The row ids that a trait holds; undefined for anything else. */
export function rowIds(value: unknown): bigint[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const ids = value.map(rowId);
  return ids.every((id) => typeof id === "bigint") ? ids : undefined;
}
