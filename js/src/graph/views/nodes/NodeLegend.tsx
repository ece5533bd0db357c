import { useGraphApp } from "../../state/graphApp";
import { gateOf } from "./nodeScene";

/** What sizes, colours and lines of a search mean. */
export function NodeLegend({ note }: { note: string }) {
  const { exploration } = useGraphApp();
  const [walk, missed, visits] = [exploration.walk.value, exploration.missed.value, exploration.visits.value];
  const isLedTo = walk !== null && missed.some((row) => gateOf(row, walk, visits) !== null);
  return (
    <div class="feder-legend feder-walk-legend feder-map-legend">
      <div class="feder-legend-rest">
        <span>
          <i data-kind="visited" /> visited
        </span>
        <span>
          <i data-kind="expanded" /> expanded
        </span>
        <span>
          <i data-kind="result" /> result
        </span>
        {missed.length > 0 && (
          <>
            <span>
              <i data-kind="missed" /> missed
            </span>
            {isLedTo && (
              <span>
                <i data-kind="gate" /> leads to it
              </span>
            )}
          </>
        )}
        <span>
          <i data-kind="descent" /> descent
        </span>
        <span class="feder-optional">
          <i data-kind="beyond" /> larger efSearch
        </span>
        <span class="feder-optional">{note}</span>
      </div>
    </div>
  );
}
