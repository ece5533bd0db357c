import { Button } from "../controls/Button";
import type { Gestures } from "./gestures";

/** Zoom by a key; false for keys that do not. */
export function zoomByKey(key: string, gestures: Gestures): boolean {
  if (key === "+" || key === "=") gestures.scale(1.5);
  else if (key === "-") gestures.scale(1 / 1.5);
  else if (key === "0") gestures.reset();
  else return false;
  return true;
}

const BUTTONS: readonly (readonly [string, string, string])[] = [
  ["Zoom in", "+", "M8 3v10M3 8h10"],
  ["Zoom out", "-", "M3 8h10"],
  ["Show all", "0", "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"],
];

export function ZoomButtons({ press }: { press: (key: string) => void }) {
  return BUTTONS.map(([name, key, path]) => (
    <Button key={key} kind="square" aria-label={name} title={`${name} (${key})`} onClick={() => press(key)}>
      <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
        <path d={path} />
      </svg>
    </Button>
  ));
}
