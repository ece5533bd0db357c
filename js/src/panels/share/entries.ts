import { sentenceOf } from "../../model/sharedAnswer";
import { csvOf, markdownOf, pythonOf } from "../../model/sharedText";
import type { App } from "../../state/app";
import { figureOfKernel } from "./kernelFigure";
import { sharedResults, sharedSearch } from "./sharedSearch";
import { viewPicture } from "./viewPicture";

/** A way in which the search on screen leaves the widget. */
export interface Entry {
  readonly key: string;
  readonly name: string;
  /** Whether only a kernel can do it, not a page without one. */
  readonly isOfKernel?: true;
  /** Does it, and says what was done. */
  share(app: App, root: HTMLElement): Promise<string> | string;
}

const ENTRIES: readonly Entry[] = [
  {
    key: "i",
    name: "Save picture (PNG)",
    async share(app, root) {
      const search = sharedSearch(app);
      const caption =
        search === null
          ? app.exploration.summary.peek().family
          : `${sentenceOf(search)} ${search.family}, nprobe ${search.nprobe} of ${search.nlist}, k ${search.k}`;
      // Another search may be on screen by then.
      const name = `${fileName(app)}.png`;
      download(await viewPicture(root, app, caption), name);
      return "Picture saved";
    },
  },
  {
    key: "v",
    name: "Save picture (SVG)",
    isOfKernel: true,
    async share(app) {
      const name = `${fileName(app)}.svg`;
      download(await figureOfKernel(app), name);
      return "Picture saved";
    },
  },
  {
    key: "m",
    name: "Copy finding (Markdown)",
    share: (app) => copy(app, (search) => markdownOf(search), "Finding copied"),
  },
  {
    key: "y",
    name: "Copy Python for this state",
    share: (app) => copy(app, (search) => pythonOf(search), "Python copied"),
  },
  {
    key: "r",
    name: "Download results (CSV)",
    share(app) {
      downloadText(csvOf(sharedResults(app), false), `${fileName(app)}-results.csv`);
      return "Results saved";
    },
  },
  {
    key: "x",
    name: "Download missed (CSV)",
    share(app) {
      downloadText(csvOf(sharedSearch(app)?.missed ?? [], true), `${fileName(app)}-missed.csv`);
      return "Missed rows saved";
    },
  },
  {
    key: "h",
    name: "Save as a page (HTML)",
    async share(app) {
      const name = `${fileName(app)}.html`;
      download(await app.savePage(), name);
      return "Page saved";
    },
  },
];

/** The ways that there are here. */
export function entriesOf({ asker }: App): readonly Entry[] {
  return asker.recorded === null ? ENTRIES : ENTRIES.filter(({ isOfKernel }) => !isOfKernel);
}

async function copy(
  app: App,
  textOf: (search: NonNullable<ReturnType<typeof sharedSearch>>) => string,
  done: string,
): Promise<string> {
  const search = sharedSearch(app);
  if (search === null) throw new Error("There is no search to copy.");
  try {
    await navigator.clipboard.writeText(textOf(search));
  } catch {
    // A page that is a file, or a frame without the right, has no clipboard; what is selected can be copied.
    copySelected(textOf(search));
  }
  return done;
}

function copySelected(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("This page may not write to the clipboard.");
}

/** "row-42-nprobe-4". */
function fileName({ exploration }: App): string {
  const { search, settings } = exploration;
  const id = search.peek()?.id ?? null;
  return `${id === null ? "vector" : `row-${id}`}-nprobe-${settings.nprobe.peek()}`;
}

function downloadText(text: string, name: string): void {
  // Spreadsheets take a text for UTF-8 where it begins with this mark.
  download(new Blob(["\ufeff", text], { type: "text/csv" }), name);
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
