import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { DrawingSource } from "./drawing";

/** Where the view of one display says how to get its drawing. */
export interface DrawingSlot {
  source: DrawingSource | null;
}

export const DrawingContext = createContext<DrawingSlot>({ source: null });

export function useDrawingSlot(): DrawingSlot {
  return useContext(DrawingContext);
}
