/** How the fields and buffers of a message are described, for `decode` to check and read. */

export type FieldCheck =
  | "request"
  | "number"
  | "boolean"
  | "string"
  | "row"
  | "numbers"
  | { readonly nullable: FieldCheck }
  | { readonly each: FieldCheck }
  | { readonly one: readonly (string | boolean)[] }
  | { readonly object: Readonly<Record<string, FieldCheck>> };

/**
 * An axis is a number or a name. A name that is also a field stands for its value, or for its length where it is a list;
 * another stands for the same number wherever it occurs in the message. "cells + 1" is one more than "cells".
 */
export interface BufferLayout {
  readonly dtype: "int32" | "int64" | "float32" | "float64" | "uint8" | "uint16";
  readonly shape: readonly (string | number)[];
}

export interface Layout {
  readonly fields: Readonly<Record<string, FieldCheck>>;
  readonly buffers: Readonly<Record<string, BufferLayout>>;
}
