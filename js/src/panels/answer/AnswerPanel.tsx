import { useApp } from "../../state/app";
import { ClusterPanel } from "../ClusterPanel";
import { AnswerWords } from "./AnswerWords";
import { Begin } from "./Begin";
import { CameInstead } from "./CameInstead";
import { FindingList, isGrave } from "./FindingList";
import { Headline } from "./Headline";
import { Results } from "./Results";
import { TrueNeighbours } from "./TrueNeighbours";

/** What came back for this query, what should have, and the cluster chosen. */
export function AnswerPanel() {
  const { exploration } = useApp();
  if (exploration.search.value === null) {
    return (
      <>
        <Begin />
        {exploration.settings.cluster.value !== null && <ClusterPanel />}
      </>
    );
  }
  const ranked = exploration.inOrder.value;
  return (
    <>
      <section class="feder-answer" aria-label="Answer">
        <Headline />
        <FindingList findings={exploration.findings.value.filter(isGrave)} />
        {ranked === null ? (
          <Results />
        ) : (
          <>
            <TrueNeighbours neighbours={ranked.neighbours} />
            {ranked.intruders.length > 0 && <CameInstead intruders={ranked.intruders} />}
          </>
        )}
        <AnswerWords />
      </section>
      <ClusterPanel />
    </>
  );
}
