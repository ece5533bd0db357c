import { useGraphApp } from "../state/graphApp";
import { RowField } from "./RowField";

/** A field to ask why a row did not come back. */
export function WhyNotRow() {
  const { exploration, card } = useGraphApp();
  const why = async (id: bigint, opener: HTMLElement) => {
    const serial = exploration.walk.peek()?.serial;
    const includeSelf = exploration.settings.includeSelf.peek();
    const answer = serial === undefined ? null : await exploration.asker.walkVerdict(serial, id, includeSelf);
    if (serial !== exploration.walk.peek()?.serial) return;
    if (answer?.kind === "walk_verdict") card.value = { id, distance: answer.distance[0], opener };
    else if (answer !== null) exploration.complain(answer.message);
  };
  return (
    <div class="feder-why">
      <span>Why not</span>
      <RowField name="Row that did not come back" button="Explain" submit={why} />
    </div>
  );
}
