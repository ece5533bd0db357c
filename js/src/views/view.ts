import type { ComponentType } from "preact";

/** One way to look at a search: a picture, and a table that says the same in text. */
export interface View {
  readonly name: string;
  /** Shown on its tab. */
  readonly label: string;
  /** The engines whose searches it can show. */
  readonly engines: readonly string[];
  readonly View: ComponentType;
  readonly Table: ComponentType;
  /** What the picture's colours and sizes mean. */
  readonly Legend: ComponentType;
}

/** The engine of an index that names none. */
const DEFAULT_ENGINE = "ivf";

interface Choice {
  readonly engine?: string;
  /** The views that the kernel accepts by name; all where it names none. */
  readonly constants?: { readonly views?: readonly string[] };
}

/** The views of an index: registered, made for its engine, and accepted by the kernel. */
export function viewsFor<V extends Pick<View, "name" | "engines">>(
  registered: readonly V[],
  summary: object & Choice,
): readonly V[] {
  const accepted = summary.constants?.views;
  const engine = summary.engine ?? DEFAULT_ENGINE;
  return registered.filter(
    ({ name, engines }) => engines.includes(engine) && (accepted === undefined || accepted.includes(name)),
  );
}
