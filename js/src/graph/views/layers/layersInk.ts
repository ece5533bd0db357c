import type { Palette } from "../../../look/palette";

/** Colours of the levels. */
export interface LayersInk {
  readonly palette: Palette;
  readonly walk: string;
  readonly pale: string;
  readonly bar: string;
  readonly barFill: string;
  readonly grid: string;
}
