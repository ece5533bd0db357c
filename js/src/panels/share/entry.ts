/** A way in which the search on screen leaves the widget. */
export interface Entry {
  readonly key: string;
  readonly name: string;
  /** Does it, and says what was done; throws where it cannot be done, with the reason. */
  share(root: HTMLElement): Promise<string> | string;
}
