import { useMemo } from "preact/hooks";
import { percent } from "../../model/format";
import type { Switched } from "../../model/probe";
import type { Search } from "../../model/search";
import { foundAtEvery, foundFrom, type Truth } from "../../model/truth";
import { useApp } from "../../state/app";
import type { FoundRow } from "./FoundPictures";
import { RecallChart } from "./RecallChart";

/** Why a ranking of this query tells of no other nprobe. */
const TIED = "the approximate coarse search chooses among centroids at the same distance";

/** Recall of this query at every nprobe, with the missed pictures where they are found. */
export function QueryCurve() {
  const { exploration } = useApp();
  const { settings } = exploration;
  const summary = exploration.summary.value;
  const search = exploration.search.value;
  const truth = exploration.truth.value;
  const isPartial = exploration.step.value !== null;
  // The curve is of whole searches, whatever part of one the player shows.
  const found = exploration.foundInEnd.value;
  const total = truth?.neighbours.length ?? 0;
  const share = useMemo(() => {
    const sizes = search?.upTo.subarray(1) ?? averageShares(summary.nlist, summary.ntotal);
    const all = Math.max(1, sizes[sizes.length - 1]);
    // No nprobe brings in clusters that the coarse search does not come to.
    const most = search === null ? all : search.upTo[search.reach];
    return { at: sizes.map((_, i) => i + 1), values: sizes.map((size) => Math.min(size, most) / all) };
  }, [search, summary]);
  // Where each nprobe needs a search of its own, cluster ranks give no curve.
  const why = summary.noCurve ?? (summary.given || exploration.isSteady.value ? null : TIED);
  const switched = exploration.switched.value;
  const curve = useMemo(
    () => (why === null && search !== null ? curveOf(truth, search, switched) : null),
    [truth, search, switched, why],
  );
  const k = settings.k.value;
  const ranks = exploration.wanted.value.ranks;
  const compared =
    search === null ? "" : percent(search.scanned(ranks) / Math.max(1, search.upTo[search.nlist]));
  const label =
    search === null
      ? ""
      : truth === null
        ? `${compared} of the vectors compared`
        : `recall@${k} ${exploration.foundAmong.value === "results" ? "=" : "≤"} ${found} of ${total}${isPartial ? " in the end" : ""}`;
  const missed = exploration.missed.value;
  const pictures = useMemo(
    () =>
      missed.flatMap((row): FoundRow[] => {
        // No nprobe finds a row in a cluster that is switched off by hand.
        const at = why === null && row.lostTo !== "off" ? foundFrom(row, summary) : null;
        return at === null ? [] : [{ id: row.id, cluster: row.cluster, at }];
      }),
    [missed, summary, why],
  );
  return (
    <RecallChart
      name={
        curve === null
          ? "Share of the vectors compared at every nprobe"
          : `Recall at every nprobe: ${curve.at.map((at, i) => `${Math.round(total * curve.values[i])} of ${total} from ${at}`).join(", ")}`
      }
      axisName={`recall@${k}`}
      curve={curve}
      share={share}
      label={label}
      height={truth === null ? 0 : found / Math.max(1, total)}
      pictures={curve === null ? [] : pictures}
      hasRanks={search !== null}
      remark={why === null || truth === null ? null : { text: NO_CURVE, reason: `${why}.` }}
    />
  );
}

const NO_CURVE = "No curve: recall takes a search at each nprobe.";

function curveOf(truth: Truth | null, search: Search, switched: Switched) {
  if (truth === null) return null;
  const known = foundAtEvery(truth, search, switched);
  const total = Math.max(1, truth.neighbours.length);
  return known === null ? null : { at: known.at, values: known.found.map((found) => found / total) };
}

/** Vectors in the first clusters of a ranking, on average over all rankings. */
function averageShares(nlist: number, ntotal: number): Float64Array {
  return Float64Array.from({ length: nlist }, (_, i) => ((i + 1) * ntotal) / nlist);
}
