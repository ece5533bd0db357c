import type { ComponentChildren } from "preact";
import { useGraphApp } from "../../state/graphApp";
import { DeletedKey } from "./DeletedKey";
import { gateOf } from "./nodeScene";

interface Props {
  /** What stands before the marks of nodes, and after them. */
  readonly before?: ComponentChildren;
  readonly children?: ComponentChildren;
}

/** What sizes, colours and lines of a search mean. */
export function NodeLegend({ before, children }: Props) {
  const { exploration } = useGraphApp();
  const [walk, missed, visits] = [exploration.walk.value, exploration.missed.value, exploration.visits.value];
  const isLedTo = walk !== null && missed.some((row) => gateOf(row, walk, visits) !== null);
  return (
    <div class="feder-legend feder-walk-legend feder-map-legend">
      <div class="feder-legend-rest">
        {before}
        <span>
          <i data-kind="visited" /> visited
        </span>
        <span>
          <i data-kind="expanded" /> expanded
        </span>
        <span>
          <i data-kind="result" /> result
        </span>
        <DeletedKey />
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
        {children}
      </div>
    </div>
  );
}

/** The legend of a picture that also holds what a larger efSearch visits. */
export function BeyondLegend({ note }: { note: string }) {
  return (
    <NodeLegend>
      <span class="feder-optional">
        <i data-kind="beyond" /> larger efSearch
      </span>
      <span class="feder-optional">{note}</span>
    </NodeLegend>
  );
}
