import { css } from "../../look/palette";
import { count, distanceRange, plural } from "../../model/format";
import { useApp } from "../../state/app";
import { ColourBy } from "../labels/ColourBy";
import { ColourKeys } from "../labels/ColourKeys";
import { Optional } from "../Optional";
import { rampColour } from "./cellColours";
import { RecallKeys } from "./RecallKeys";
import { knownDistances, rampEnd, shade } from "./scene";

const STOPS = 9;

/** The map's colours and their values. */
export function Legend() {
  const { exploration, palette } = useApp();
  const { coarseDistance } = exploration.summary.value;
  const search = exploration.search.value;
  const drawn = exploration.map.value;
  if (drawn === null) return null;
  const ramp = Array.from({ length: STOPS }, (_, i) =>
    css(rampColour(palette.value, shade(1 - i / (STOPS - 1)))),
  ).join();
  const end = search === null ? 0 : rampEnd(knownDistances(search));
  const [nearest, farthest] = search === null ? ["", ""] : distanceRange(search.distances[0], end);
  const isByRank = exploration.labels.coloursBy.value === "rank";
  const recall = exploration.clusterRecall.value;
  const shown = search !== null && exploration.step.value !== 0;
  const missed = exploration.missed.value.length > 0 && (
    <span class="feder-legend-missed">
      <i /> missed
    </span>
  );
  return (
    <div class="feder-legend">
      <ColourBy hasClusters />
      {!isByRank ? (
        <ColourKeys isOfClusters>{missed}</ColourKeys>
      ) : (
        <div class="feder-legend-rest">
          {recall !== null && <RecallKeys recall={recall} />}
          {shown && recall === null && (
            <>
              <span class="feder-legend-ramp">
                {nearest}
                <i style={{ background: `linear-gradient(90deg, ${ramp})` }} />
                {farthest}
                {(search.isPartial || end !== search.distances[search.nlist - 1]) && " and beyond"}
              </span>
              <span class="feder-legend-target">
                <i /> nearest cluster
              </span>
              {search.isPartial && (
                <span title="The kernel tells the rank of another cluster when it is pinned.">
                  ranks of the nearest {count(search.ranked)} of {plural(search.nlist, "cluster")}
                </span>
              )}
              <span title={`query to centroid, ${coarseDistance}`}>
                <Optional>query</Optional> to centroid, {coarseDistance.replace(/ distance$/, "")}
                {coarseDistance.endsWith(" distance") && <Optional>distance</Optional>}
              </span>
            </>
          )}
          {missed}
          {exploration.labels.wanted.value === "rank" && (
            <>
              <span>area: vectors</span>
              <span>layout: {drawn.method}</span>
            </>
          )}
        </div>
      )}
    </div>
  );
}
