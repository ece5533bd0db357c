/** A box of the map, in its coordinates. */
export interface MapBox {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  readonly top: number;
}

/** Parts of the map's width and height in which centres come and boxes are asked for. */
export const MAP_UNITS = 65_536;
