import { effect } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { count, plural } from "../../model/format";
import type { Probe } from "../../model/probe";
import type { RankedCandidates } from "../../model/rankedCandidates";
import type { Search } from "../../model/search";
import { useApp } from "../../state/app";
import type { Exploration } from "../../state/exploration";
import { useRested } from "../cardPlace";
import { noCandidates } from "../points/noCandidates";
import { PointPicture } from "../points/PointPicture";
import { NO_SIZE, type Size } from "../viewport";
import { drawnCandidates, firstClusters } from "./drawnCandidates";
import { paintFine } from "./fineChart";
import { arrange, clusterAt, fineContent, probedClusters } from "./fineScene";

/** Milliseconds that a slider rests before all of many candidates are drawn, and missing ones asked for. */
const REST = 150;
/** Milliseconds between two layouts while candidates arrive. */
const PACE = 120;

/** The candidates of the fine search around the query. */
export function FinePicture({ search }: { search: Search }) {
  const { exploration } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const [size, setSize] = useState<Size>(NO_SIZE);
  const revision = useRevision(exploration);
  const wanted = exploration.wanted.value;
  const probed = exploration.probed.value;
  const results = exploration.placed.value;
  const outcome = exploration.outcome.value;
  const missed = exploration.missed.value;
  const pinned = exploration.comparedCluster.value ?? settings.cluster.value;
  const k = settings.k.value;

  // While the player steps, candidates already lie at their final places.
  const ranked = useMemo(
    () => exploration.ranked.peek() as RankedCandidates,
    [exploration, search, wanted, missed, revision, summary],
  );
  const clusters = useMemo(() => probedClusters(search, wanted), [search, wanted]);
  const rests = useRested(ranked, REST, ranked);
  const drawn = useMemo(
    () => drawnCandidates(ranked, results, wanted, !rests),
    [ranked, results, wanted, rests],
  );
  const arranged = useMemo(
    () => arrange(ranked, drawn.set, clusters, size),
    [ranked, drawn.set, clusters, size],
  );
  const content = useMemo(
    () => fineContent(drawn, arranged, clusters, { probed, pinned, results, outcome, k }),
    [drawn, arranged, clusters, probed, pinned, results, outcome, k],
  );

  const isWhole = ranked.set.whole;
  const canComplete = exploration.canComplete.value;
  useEffect(() => {
    if (isWhole || !canComplete) return;
    const timer = setTimeout(() => exploration.needCandidates(), REST);
    return () => clearTimeout(timer);
  }, [exploration, search, wanted, isWhole, canComplete]);

  const { beyond } = ranked;
  const all = firstClusters(ranked.set, probed + Number(beyond.length > 0)).count;
  const candidates = all - beyond.length;
  const unplaced = missed.length - beyond.length - ranked.within.length;
  return (
    <PointPicture
      name={
        `${plural(candidates, "candidate")} of ${plural(probed, "probed cluster")} around the ` +
        `query, as far from it as their ${summary.distance}` +
        (missed.length > 0 ? `, and ${plural(missed.length, "missed neighbour")}` : "")
      }
      content={content}
      paint={paintFine}
      zoomable={false}
      clusterAt={(x, y) => clusterAt(content, x, y)}
      onSize={setSize}
    >
      {candidates === 0 && (
        <p class={beyond.length > 0 ? "feder-points-note" : "feder-waiting"}>
          {noCandidates(search, exploration.probe.value)}
        </p>
      )}
      {isWhole && candidates > 0 && unplaced > 0 && (
        <p class="feder-points-note">
          {plural(unplaced, "missed neighbour")} not drawn: the distance by code is not known
        </p>
      )}
      {candidates > 0 && (!isWhole || content.points.count < all) && (
        <p class="feder-points-note">
          {isWhole
            ? `A sample while the slider moves: ${count(content.points.count)} of ${plural(all, "candidate")}`
            : partialText(search, wanted, exploration.status.value === "disconnected")}
        </p>
      )}
    </PointPicture>
  );
}

/** The exploration's revision, read no more often than the picture can be laid out. */
function useRevision(exploration: Exploration): number {
  const [shown, setShown] = useState(exploration.revision.peek());
  useEffect(() => {
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      timer = undefined;
      last = performance.now();
      setShown(exploration.revision.peek());
    };
    const stop = effect(() => {
      exploration.revision.value;
      timer ??= setTimeout(show, Math.max(0, last + PACE - performance.now()));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [exploration]);
  return shown;
}

function partialText(search: Search, probe: Probe, isDisconnected: boolean): string {
  const arrived = Array.from(probe.ranks).filter((rank) => rank <= search.received).length;
  const some =
    arrived < probe.count
      ? `Candidates of ${count(arrived)} of ${plural(probe.count, "cluster")} have arrived`
      : "Of some clusters, only the candidates that can be results have arrived";
  return isDisconnected ? `${some}: the kernel is disconnected` : some;
}
