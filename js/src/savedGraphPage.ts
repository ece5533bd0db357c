/** The widget of a graph in a page of its own, which answers from a recording. */

import { graphExplorer } from "./graph/graphExplorer";
import { readGraphFacts } from "./graph/model/summary";
import { openPage } from "./page/openPage";
import { RecordingTransport } from "./protocol/recordingTransport";

openPage((saved, savePage) => {
  const { ntotal, kFactor, basis, leastIsK } = readGraphFacts(saved.traits._graph);
  const graph = { ntotal, leastIsK, derives: kFactor === 0 && basis !== "vectors" };
  return graphExplorer(() => new RecordingTransport(saved.recording, graph), savePage);
});
