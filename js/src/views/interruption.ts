/** Calls back at every press, wheel and key: whatever moves then ends its motion at once. */
export function onAction(act: () => void, signal: AbortSignal): void {
  for (const type of ["pointerdown", "wheel", "keydown"]) {
    document.addEventListener(type, act, { capture: true, passive: true, signal });
  }
}

/** Whether the person prefers reduced motion. */
export function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
