/** Call back whenever a person does something, upon which whatever moves is to be where it goes. */
export function onAction(act: () => void, signal: AbortSignal): void {
  for (const type of ["pointerdown", "wheel", "keydown"]) {
    document.addEventListener(type, act, { capture: true, passive: true, signal });
  }
}

/** Whether nothing is to move. */
export function wantsStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
