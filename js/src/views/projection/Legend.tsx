import { useApp } from "../../state/app";
import { ColourBy } from "../labels/ColourBy";
import { ColourKeys } from "../labels/ColourKeys";

/** The meaning of nearness in the projection. */
export function Legend() {
  const { exploration } = useApp();
  if (exploration.search.value === null || exploration.projections.drawn.value === null) return null;
  const isByRank = exploration.labels.coloursBy.value === "rank";
  return (
    <div class="feder-legend">
      <ColourBy />
      {!isByRank ? (
        <ColourKeys />
      ) : (
        <div class="feder-legend-rest">
          <span class="feder-legend-target">
            <i /> query
          </span>
          <span>colour: probed cluster, by rank</span>
          <span>near means similar; distances are not to scale</span>
        </div>
      )}
    </div>
  );
}
