import { isShortcut } from "../controls/sliderKeys";
import type { Player } from "../state/player";

const KEYS: Readonly<Record<string, (player: Player) => void>> = {
  p: (player) => player.toggle(),
  ",": (player) => player.back(),
  ".": (player) => player.forward(),
};

/** Plays and steps by key, wherever the focus is, except where text is typed. */
export function playByKey(event: KeyboardEvent, player: Player): void {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type !== "range";
  if (isTyping || isShortcut(event)) return;
  KEYS[event.key]?.(player);
}
