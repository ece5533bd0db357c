/** Note when something is on screen, for whoever measures; the mark before it goes. */
export function mark(name: string, detail?: unknown): void {
  performance.clearMarks(name);
  performance.mark(name, { detail });
}
