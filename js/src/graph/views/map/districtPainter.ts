import { css, mix, type Palette, type Rgb, rgbOf } from "../../../look/palette";
import type { CellMap } from "../../../model/mapCells";
import { type Camera, toScreen } from "../../../views/clusters/camera";
import { rampColour } from "../../../views/clusters/cellColours";
import { cellRadius, tracePolygon } from "../../../views/clusters/cellPath";
import { fill } from "../../../views/draw";
import { isDark } from "../nodes/nodePainter";

type Context = CanvasRenderingContext2D;

/** CSS pixels between districts, and the radius below which one is a spot. */
const STREET = 1.25;
const SPOT = 4;

/** Fills the districts by their nearness to the query, from 0 to 1; plain where that is not known. */
export function paintDistricts(
  context: Context,
  cells: CellMap,
  shares: Float32Array | null,
  camera: Camera,
  box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number },
  palette: Palette,
): void {
  for (let cell = 0; cell < cells.inradii.length; cell++) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    const corners = cells.corners(cell);
    for (let i = 0; i < corners.length; i += 2) {
      const [x, y] = toScreen(camera, corners[i], corners[i + 1]);
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
    if (right < box.left || left > box.right || bottom < box.top || top > box.bottom) continue;
    const radius = cellRadius(cells, cell, camera);
    context.beginPath();
    tracePolygon(context, cells, cell, camera, radius > SPOT ? STREET : 0.25, radius > SPOT);
    fill(context, css(shares === null ? palette.plain : districtColour(palette, shares[cell])));
  }
}

/** The colour of a district by its nearness: the colours of Clusters, stronger where the search is. */
export function districtColour(palette: Palette, share: number): Rgb {
  return mix(rampColour(palette, share), rgbOf(palette.accent), (isDark(palette) ? 0.14 : 0.3) * share);
}
