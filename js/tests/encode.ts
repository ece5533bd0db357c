const DTYPES: Readonly<Record<string, string>> = {
  Uint8Array: "uint8",
  Uint16Array: "uint16",
  Int32Array: "int32",
  Float32Array: "float32",
  Float64Array: "float64",
  BigInt64Array: "int64",
};

/** The axes after the first, of the buffers that have several. */
const INNER: Readonly<Record<string, (message: Record<string, unknown>) => number>> = {
  "map.points": () => 2,
  "map_shapes.points": () => 2,
  "map_shapes.centres": () => 2,
  "map_centres.centres": () => 2,
  "map.centres": () => 2,
  "districts.places": () => 2,
  "walk_places.places": () => 2,
  "walk_places.link_places": () => 2,
  "walk_places.extra_places": () => 2,
  "walk_projection.places": () => 2,
  "walk_projection.stop_places": () => 2,
  "walk_projection.extra_places": () => 2,
  "labels.counts": (message) => (message.names as string[]).length + 1,
  "projection.positions": () => 2,
  "row_values.numbers": (message) =>
    (message.numbers as Float64Array).length / Math.max(1, (message.ids as bigint[]).length),
  "workload.reached": (message) => (message.nprobes as Int32Array).length,
  "workload.found_at": (message) => message.k as number,
};

/** A message as it goes over the wire: one object that describes its buffers, and these. */
export function encoded(message: object): [content: Record<string, unknown>, buffers: DataView[]] {
  const fields = message as Record<string, unknown>;
  const content: Record<string, unknown> = {};
  const described: unknown[] = [];
  const buffers: DataView[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (!ArrayBuffer.isView(value)) {
      content[name] = JSON.parse(
        JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}` : one)),
      );
      continue;
    }
    const length = (value as unknown as ArrayLike<unknown>).length;
    const inner = INNER[`${fields.kind}.${name}`]?.(fields);
    described.push([
      name,
      DTYPES[value.constructor.name],
      inner === undefined ? [length] : [inner === 0 ? 0 : length / inner, inner],
    ]);
    buffers.push(oddView(value));
  }
  if (described.length > 0) content.buffers = described;
  return [content, buffers];
}

/** A view that starts at an odd byte of a larger buffer, as views into a websocket frame do. */
function oddView(values: ArrayBufferView, offset = 3): DataView {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const frame = new Uint8Array(bytes.length + offset + 5).fill(255);
  frame.set(bytes, offset);
  return new DataView(frame.buffer, offset, bytes.length);
}
