import { useRef } from "preact/hooks";
import { isShortcut } from "./sliderKeys";

/** A list whose items hold one button each: the tab key reaches one of them, and arrow keys lead to the others. */
export function useRoving<E extends HTMLElement>(length: number) {
  const list = useRef<E>(null);
  const current = useRef(0);
  const buttons = () => Array.from(list.current?.querySelectorAll<HTMLElement>("li button") ?? []);
  const settle = (at: number) => {
    current.current = at;
    buttons().forEach((button, i) => {
      button.tabIndex = i === at ? 0 : -1;
    });
  };
  return {
    list,
    /** The tab index of an item. */
    tabIndexOf: (item: number) => (item === Math.min(current.current, Math.max(0, length - 1)) ? 0 : -1),
    onFocusIn: (event: FocusEvent) => {
      const at = buttons().indexOf(event.target as HTMLElement);
      if (at >= 0) settle(at);
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (isShortcut(event)) return;
      const all = buttons();
      const at = all.indexOf(event.target as HTMLElement);
      const to = at < 0 ? null : target(event.key, at, all);
      if (to === null) return;
      event.preventDefault();
      all[to].focus();
    },
  };
}

/** The item that a key leads to; null for other keys. */
function target(key: string, at: number, items: readonly HTMLElement[]): number | null {
  if (key === "ArrowLeft") return Math.max(0, at - 1);
  if (key === "ArrowRight") return Math.min(items.length - 1, at + 1);
  if (key === "Home") return 0;
  if (key === "End") return items.length - 1;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  // Of the nearest row in that direction, the item that is nearest.
  const { left, top } = items[at].getBoundingClientRect();
  const isBeyond = (box: DOMRect) => (key === "ArrowUp" ? box.top < top - 1 : box.top > top + 1);
  let best: number | null = null;
  let least = Infinity;
  items.forEach((item, i) => {
    const box = item.getBoundingClientRect();
    const far = 1e4 * Math.abs(box.top - top) + Math.abs(box.left - left);
    if (isBeyond(box) && far < least) [best, least] = [i, far];
  });
  return best;
}
