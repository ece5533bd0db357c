import { csvOf, markdownOf, pythonOf } from "../../model/sharedSearchText";
import { sentenceOf } from "../../model/sharedText";
import type { App } from "../../state/app";
import type { Entry } from "./entry";
import { copyText, download, downloadTable } from "./handOver";
import { figureOfKernel } from "./kernelFigure";
import { sharedResults, sharedSearch } from "./sharedSearch";
import { viewPicture } from "./viewPicture";

/** A way in which the search of a display of clusters leaves it. */
interface Way {
  readonly key: string;
  readonly name: string;
  /** Whether only a kernel can do it, not a page without one. */
  readonly isOfKernel?: true;
  share(app: App, root: HTMLElement): Promise<string> | string;
}

const WAYS: readonly Way[] = [
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
      downloadTable(csvOf(sharedResults(app), false), `${fileName(app)}-results.csv`);
      return "Results saved";
    },
  },
  {
    key: "x",
    name: "Download missed (CSV)",
    share(app) {
      downloadTable(csvOf(sharedSearch(app)?.missed ?? [], true), `${fileName(app)}-missed.csv`);
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
export function entriesOf(app: App): readonly Entry[] {
  const ways = app.asker.recorded === null ? WAYS : WAYS.filter(({ isOfKernel }) => !isOfKernel);
  return ways.map(({ key, name, share }) => ({ key, name, share: (root) => share(app, root) }));
}

async function copy(
  app: App,
  textOf: (search: NonNullable<ReturnType<typeof sharedSearch>>) => string,
  done: string,
): Promise<string> {
  const search = sharedSearch(app);
  if (search === null) throw new Error("There is no search to copy.");
  return copyText(textOf(search), done);
}

/** "row-42-nprobe-4". */
function fileName({ exploration }: App): string {
  const { search, settings } = exploration;
  const id = search.peek()?.id ?? null;
  return `${id === null ? "vector" : `row-${id}`}-nprobe-${settings.nprobe.peek()}`;
}
