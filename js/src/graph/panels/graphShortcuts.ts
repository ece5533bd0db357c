import { isShortcut } from "../../controls/sliderKeys";
import type { GraphExploration } from "../state/graphExploration";

const KEYS: Readonly<Record<string, (exploration: GraphExploration) => void>> = {
  r: (exploration) => exploration.ask({ random: true }),
  "[": (exploration) => exploration.go(-1),
  "]": (exploration) => exploration.go(1),
  p: ({ player, walk }) => walk.peek() !== null && player.toggle(),
  ",": ({ player }) => player.back(),
  ".": ({ player }) => player.forward(),
};

/** Does what a key stands for, wherever the focus is, except where text is typed. */
export function pressGraphShortcut(
  event: KeyboardEvent,
  exploration: GraphExploration,
  others: Readonly<Record<string, () => void>>,
): void {
  const { target, key } = event;
  const isTyping = target instanceof HTMLInputElement && target.type !== "range";
  if (isTyping || isShortcut(event)) return;
  if (Object.hasOwn(others, key)) others[key]();
  KEYS[key]?.(exploration);
}
