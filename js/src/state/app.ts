import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Palette } from "../look/palette";
import type { Target } from "../model/decision";
import type { Asker } from "../protocol/asker";
import type { Exploration } from "./exploration";
import type { Pictures } from "./pictures";

/** One picture that a person has opened. */
export interface OpenCard {
  readonly id: bigint;
  readonly cluster: number;
  readonly distance: number;
  /** Of which kind: a re-ranked row and a true neighbour have other distances than a candidate. */
  readonly distanceName: string;
  readonly opener: HTMLElement;
}

/** What every part of one display works with. */
export interface App {
  readonly exploration: Exploration;
  readonly pictures: Pictures;
  readonly asker: Asker;
  readonly palette: ReadonlySignal<Palette>;
  readonly card: Signal<OpenCard | null>;
  readonly table: Signal<boolean>;
  /** Begins the ids of this display's elements. */
  readonly elementId: string;
  /** What the side panel and the recall are about. */
  readonly about: Signal<"query" | "workload">;
  /** The recall that a workload is to reach. */
  readonly target: Signal<Target>;
  /** Whether the menu of ways to share is open. */
  readonly sharing: Signal<boolean>;
  /** What is on screen as a page of its own; throws where it cannot be made, with the reason. */
  savePage(): Promise<Blob>;
  /** Device pixels per CSS pixel that canvases have at least: more while a picture of them is taken. */
  readonly leastRatio: Signal<number>;
}

/** @param savePage  the page of a recording; without it, a kernel is asked */
export function makeApp(
  exploration: Exploration,
  pictures: Pictures,
  palette: ReadonlySignal<Palette>,
  savePage: () => Promise<Blob> = () => pageOfKernel(exploration),
): App {
  return {
    exploration,
    pictures,
    asker: exploration.asker,
    palette,
    card: signal<OpenCard | null>(null),
    table: signal(false),
    elementId: `feder-${Math.random().toString(36).slice(2)}`,
    about: signal("query"),
    target: signal<Target>({ recall: 0.95, share: 0.99 }),
    sharing: signal(false),
    savePage,
    leastRatio: signal(1),
  };
}

async function pageOfKernel({ asker, settings }: Exploration): Promise<Blob> {
  const { nprobe, k, includeSelf } = settings;
  const answer = await asker.page(nprobe.peek(), k.peek(), includeSelf.peek());
  if (answer === null) throw new Error("The kernel is not running: no page can be saved.");
  if (!(answer instanceof Blob)) throw new Error(answer.message);
  return answer;
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error("outside of a feder widget");
  return app;
}
