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
  /** What is on screen as a page of its own; throws where it cannot be made, with the reason. */
  savePage(): Promise<Blob>;
  /** Begins the ids of this display's elements. */
  readonly elementId: string;
}

/** @param savePage  the page of a recording; without it, a kernel is asked */
export function makeGraphApp(
  exploration: GraphExploration,
  pictures: Pictures,
  palette: ReadonlySignal<Palette>,
  savePage: () => Promise<Blob> = () => pageOfKernel(exploration),
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
    savePage,
    elementId: `feder-${Math.random().toString(36).slice(2)}`,
  };
}

async function pageOfKernel({ asker, settings }: GraphExploration): Promise<Blob> {
  const { efSearch, k, includeSelf } = settings;
  const answer = await asker.walkPage(efSearch.peek(), k.peek(), includeSelf.peek());
  if (answer === null) throw new Error("The kernel is not running: no page can be saved.");
  if (!(answer instanceof Blob)) throw new Error(answer.message);
  return answer;
}

export const GraphAppContext = createContext<GraphApp | null>(null);

export function useGraphApp(): GraphApp {
  const app = useContext(GraphAppContext);
  if (app === null) throw new Error("outside of a feder widget");
  return app;
}
