import type { ComponentType } from "preact";

/** One way to look at a search: a picture, and a table that says the same in text. */
export interface View {
  readonly name: string;
  /** Shown on its tab. */
  readonly label: string;
  readonly View: ComponentType;
  readonly Table: ComponentType;
  /** What the picture's colours and sizes mean. */
  readonly Legend: ComponentType;
}
