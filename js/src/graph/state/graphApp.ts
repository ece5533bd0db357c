import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Palette } from "../../look/palette";
import type { Target } from "../../model/decision";
import type { Pictures } from "../../state/pictures";
import type { GraphExploration } from "./graphExploration";

/** One row that a person has opened. */
export interface OpenRow {
  readonly id: bigint;
  readonly distance: number;
  readonly opener: HTMLElement;
}

/** What every part of one display works with. */
export interface GraphApp {
  readonly exploration: GraphExploration;
  readonly pictures: Pictures;
  readonly palette: ReadonlySignal<Palette>;
  readonly table: Signal<boolean>;
  readonly card: Signal<OpenRow | null>;
  /** Whether the menu of ways to share is open. */
  readonly sharing: Signal<boolean>;
  /** What the side panel and the recall are about. */
  readonly about: Signal<"query" | "workload">;
  /** The recall that a workload is to reach. */
  readonly target: Signal<Target>;
  /** Begins the ids of this display's elements. */
  readonly elementId: string;
}

export function makeGraphApp(
  exploration: GraphExploration,
  pictures: Pictures,
  palette: ReadonlySignal<Palette>,
): GraphApp {
  return {
    exploration,
    pictures,
    palette,
    table: signal(false),
    card: signal<OpenRow | null>(null),
    sharing: signal(false),
    about: signal("query"),
    target: signal<Target>({ recall: 0.95, share: 0.99 }),
    elementId: `feder-${Math.random().toString(36).slice(2)}`,
  };
}

export const GraphAppContext = createContext<GraphApp | null>(null);

export function useGraphApp(): GraphApp {
  const app = useContext(GraphAppContext);
  if (app === null) throw new Error("outside of a feder widget");
  return app;
}
