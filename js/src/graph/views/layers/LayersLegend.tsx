import { useGraphApp } from "../../state/graphApp";
import { DeletedKey } from "../nodes/DeletedKey";

/** What dots, rings and diamonds of the levels mean. */
export function LayersLegend() {
  const { exploration } = useGraphApp();
  const facts = exploration.facts.value;
  const levels = exploration.truth.value?.levels ?? [];
  const isOff = levels.some(({ place }) => place > 1);
  return (
    <div class="feder-legend">
      <div class="feder-legend-rest feder-walk-legend feder-layers-legend">
        <span>
          <i data-kind="visited" /> compared
        </span>
        <span>
          <i data-kind="expanded" /> expanded
        </span>
        <span>
          <i data-kind="result" /> result
        </span>
        <DeletedKey />
        {exploration.missed.value.length > 0 && (
          <span>
            <i data-kind="missed" /> missed
          </span>
        )}
        <span>
          <i data-kind="stay" /> descent
        </span>
        {levels.length > 0 && (
          <span>
            <i data-kind="nearest" /> level’s nearest
            {isOff && (
              <>
                , <i data-kind="rival" /> not reached
              </>
            )}
          </span>
        )}
        <span class="feder-optional">across: {facts.distance}, compressed where far</span>
      </div>
    </div>
  );
}
