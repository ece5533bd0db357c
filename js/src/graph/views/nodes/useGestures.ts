import { type MutableRef, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { setSize } from "../../../views/draw";
import { Gestures } from "../../../views/gestures";
import { type Size, UNZOOMED, type Zoom } from "../../../views/viewport";

/** CSS pixels beside the map that may come into sight: a search at its edge has pictures there. */
const BESIDE = 110;

interface Zooming {
  /** Null before the canvas is there. */
  readonly gestures: Gestures | null;
  readonly zoom: Zoom;
  /** The zoom after the last gesture, which may not be drawn yet. */
  readonly latest: MutableRef<Zoom>;
}

/** Zooming and panning of a canvas. */
export function useGestures(
  canvas: MutableRef<HTMLCanvasElement | null>,
  size: Size | null,
  closest: () => number,
  clicked: (x: number, y: number, event: PointerEvent) => void,
): Zooming {
  const [zoom, setZoom] = useState<Zoom>(UNZOOMED);
  const [gestures, setGestures] = useState<Gestures | null>(null);
  const latest = useRef(zoom);
  const calls = useRef({ closest, clicked });
  calls.current = { closest, clicked };
  useEffect(() => {
    const abort = new AbortController();
    const made = new Gestures(
      canvas.current as HTMLCanvasElement,
      (to) => {
        latest.current = to;
        setZoom(to);
      },
      (x, y, event) => calls.current.clicked(x, y, event),
      abort.signal,
      () => calls.current.closest(),
      BESIDE,
    );
    setGestures(made);
    return () => abort.abort();
  }, [canvas]);
  useLayoutEffect(() => {
    // Whatever fits the picture to the canvas needs its size.
    if (size !== null && canvas.current !== null) setSize(canvas.current, size);
  }, [size]);
  useLayoutEffect(() => gestures?.resized(), [gestures, size]);
  return { gestures, zoom, latest };
}
