import { type MutableRef, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { setSize } from "./draw";
import { Frame } from "./frame";
import type { Size } from "./viewport";

/** Draws on a canvas in the next frame after anything in `dependencies`, or the size, has changed. */
export function useCanvas(
  canvas: MutableRef<HTMLCanvasElement | null>,
  size: Size | null,
  paint: (context: CanvasRenderingContext2D, size: Size) => void,
  dependencies: readonly unknown[],
): void {
  const latest = useRef(() => {});
  const frame = useMemo(
    () =>
      new Frame(() => {
        latest.current();
        return false;
      }),
    [],
  );
  useLayoutEffect(() => {
    if (size !== null && canvas.current !== null) setSize(canvas.current, size);
  }, [size]);
  useLayoutEffect(() => {
    latest.current = () => {
      // Canvases with very many dots are written pixel by pixel.
      const context = canvas.current?.getContext("2d", { willReadFrequently: true });
      if (size !== null && context) paint(context, size);
    };
    frame.request();
  }, [size, ...dependencies]);
  useLayoutEffect(() => () => frame.cancel(), [frame]);
}
