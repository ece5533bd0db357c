const PAGE = 8;

/** Whether a key is for the host or the browser. */
export const isShortcut = ({ altKey, ctrlKey, metaKey }: KeyboardEvent) => altKey || ctrlKey || metaKey;

/** The value, from 1 to `max`, that a key moves a slider to; null for other keys. */
export function slideByKey({ key }: KeyboardEvent, value: number, max: number): number | null {
  const to = {
    ArrowRight: value + 1,
    ArrowUp: value + 1,
    ArrowLeft: value - 1,
    ArrowDown: value - 1,
    PageUp: value + PAGE,
    PageDown: value - PAGE,
    Home: 1,
    End: max,
  }[key];
  return to === undefined ? null : Math.max(1, Math.min(max, to));
}
