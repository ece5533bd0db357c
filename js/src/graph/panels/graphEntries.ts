import { PALETTES } from "../../look/palette";
import type { Entry } from "../../panels/share/entry";
import { copyText, download, downloadTable, fileOf } from "../../panels/share/handOver";
import type { WalkFigureRequest } from "../../protocol/messages";
import { csvOf, markdownOf, pythonOf } from "../model/sharedWalkText";
import type { GraphApp } from "../state/graphApp";
import { sharedResults, sharedState, sharedWalk } from "../state/sharedWalk";

/** The ways in which the search on screen of a graph leaves the widget. */
export function graphEntriesOf(app: GraphApp): readonly Entry[] {
  const ofKernel: readonly Entry[] = [
    { key: "i", name: "Save walk (PNG)", share: () => saveWalk(app, "png") },
    { key: "v", name: "Save walk (SVG)", share: () => saveWalk(app, "svg") },
  ];
  return [
    ...(app.exploration.asker.recorded === null ? ofKernel : []),
    {
      key: "m",
      name: "Copy finding (Markdown)",
      share: () => copyText(markdownOf(sharedWalk(app)), "Finding copied"),
    },
    {
      key: "y",
      name: "Copy Python for this state",
      share: () => copyText(pythonOf(sharedState(app)), "Python copied"),
    },
    {
      key: "r",
      name: "Download results (CSV)",
      share: () => {
        downloadTable(csvOf(sharedResults(app), false), `${fileName(app)}-results.csv`);
        return "Results saved";
      },
    },
    {
      key: "x",
      name: "Download missed (CSV)",
      share: () => {
        downloadTable(csvOf(sharedWalk(app).missed, true), `${fileName(app)}-missed.csv`);
        return "Missed rows saved";
      },
    },
    {
      key: "h",
      name: "Save as a page (HTML)",
      async share() {
        const name = `${fileName(app)}.html`;
        download(await app.savePage(), name);
        return "Page saved";
      },
    },
  ];
}

/** The walk as the kernel draws it: the whole search, whatever the player shows. */
async function saveWalk(app: GraphApp, format: WalkFigureRequest["format"]): Promise<string> {
  const { settings, asker } = app.exploration;
  // Another search may be on screen by then.
  const name = `${fileName(app)}.${format}`;
  const answer = await asker.walkFigure(
    format,
    settings.efSearch.peek(),
    settings.k.peek(),
    settings.includeSelf.peek(),
    app.palette.peek() === PALETTES.dark ? "dark" : "light",
  );
  download(fileOf(answer), name);
  return "Walk saved";
}

/** "row-42-efSearch-16". */
function fileName({ exploration }: GraphApp): string {
  const id = exploration.walk.peek()?.id ?? null;
  return `${id === null ? "vector" : `row-${id}`}-efSearch-${exploration.settings.efSearch.peek()}`;
}
