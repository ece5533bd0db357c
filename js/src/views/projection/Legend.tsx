import { useApp } from "../../state/app";

/** The meaning of nearness in the projection. */
export function Legend() {
  const { exploration } = useApp();
  if (exploration.search.value === null || exploration.projections.drawn.value === null) return null;
  return (
    <div class="feder-legend">
      <span class="feder-legend-target">
        <i /> query
      </span>
      <span>colour: probed cluster, by rank</span>
      <span>near means similar; distances are not to scale</span>
    </div>
  );
}
