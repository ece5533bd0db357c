import { useGraphApp } from "../../state/graphApp";
import { DeletedKey } from "../nodes/DeletedKey";

/** What sizes, colours and lines of the walk mean. */
export function WalkLegend() {
  const { exploration } = useGraphApp();
  const facts = exploration.facts.value;
  return (
    <div class="feder-legend feder-walk-legend">
      <span>
        <i data-kind="visited" /> visited
      </span>
      <span>
        <i data-kind="expanded" /> expanded
      </span>
      <span>
        <i data-kind="result" /> result
      </span>
      <span>
        <i data-kind="beyond" /> beyond
      </span>
      <DeletedKey />
      {exploration.missed.value.length > 0 && (
        <span>
          <i data-kind="missed" /> missed
        </span>
      )}
      <span class="feder-optional">height: {facts.distance}, compressed at dotted lines</span>
    </div>
  );
}
