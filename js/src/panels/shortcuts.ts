import { isShortcut } from "../controls/sliderKeys";
import type { Exploration } from "../state/exploration";

const KEYS: Readonly<Record<string, (exploration: Exploration) => void>> = {
  r: ({ ask }) => ask({ random: true }),
  m: ({ misses, asker }) => asker.recorded === null && misses.isPossible.peek() && misses.next(),
  "[": ({ history }) => history.go(-1),
  "]": ({ history }) => history.go(1),
};

const PLAYER_KEYS: Readonly<Record<string, (exploration: Exploration) => void>> = {
  p: ({ player }) => player.toggle(),
  ",": ({ player }) => player.back(),
  ".": ({ player }) => player.forward(),
};

/** Keys that are not about the search alone: of one display, whatever the index is. */
export const DISPLAY_KEYS = { fullScreen: "w", share: "s" } as const;

/**
 * Does what a key stands for, wherever the focus is, except where text is typed.
 *
 * @param others  what `DISPLAY_KEYS` do, by key
 */
export function pressShortcut(
  event: KeyboardEvent,
  exploration: Exploration,
  others: Readonly<Record<string, () => void>>,
): void {
  const { target, key } = event;
  const isTyping =
    (target instanceof HTMLInputElement && target.type !== "range") || target instanceof HTMLSelectElement;
  if (isTyping || isShortcut(event)) return;
  if (Object.hasOwn(others, key)) others[key]();
  else if (exploration.search.peek() !== null) PLAYER_KEYS[key]?.(exploration);
  KEYS[key]?.(exploration);
}
