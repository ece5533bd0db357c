/** Rounding may leave slits between cells, and along the edge of the map. */
const SLIT = 1e-6;

/** Which of some convex polygons holds a point; -1 for none. See `CellMap` for how they are given. */
export function finder(points: Float32Array, offsets: Uint32Array): (x: number, y: number) => number {
  const n = offsets.length - 1;
  const left = new Float32Array(n).fill(Number.POSITIVE_INFINITY);
  const right = new Float32Array(n).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < n; i++) {
    for (let k = offsets[i]; k < offsets[i + 1]; k++) {
      left[i] = Math.min(left[i], points[2 * k]);
      right[i] = Math.max(right[i], points[2 * k]);
    }
  }
  return (x, y) => {
    let best = -1;
    let most = -SLIT;
    if (!Number.isFinite(x + y)) return best;
    for (let i = 0; i < n; i++) {
      if (x < left[i] - SLIT || x > right[i] + SLIT) continue;
      // How far inside of the edge that is nearest to being crossed.
      let least = Number.POSITIVE_INFINITY;
      for (let k = offsets[i], j = offsets[i + 1] - 1; k < offsets[i + 1] && least > most; j = k++) {
        const ex = points[2 * k] - points[2 * j];
        const ey = points[2 * k + 1] - points[2 * j + 1];
        const inside = (ex * (y - points[2 * j + 1]) - ey * (x - points[2 * j])) / (Math.hypot(ex, ey) || 1);
        if (inside < least) least = inside;
      }
      if (least > most) {
        most = least;
        best = i;
      }
    }
    return best;
  };
}
