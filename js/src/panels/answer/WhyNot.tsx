import { IdForm } from "../../controls/IdForm";
import { useApp } from "../../state/app";

/** A field to ask why a row did not come back. */
export function WhyNot() {
  const { exploration, asker, card } = useApp();
  const why = async (id: bigint, opener: HTMLElement) => {
    const serial = exploration.search.peek()?.serial;
    const includeSelf = exploration.settings.includeSelf.peek();
    const answer = serial === undefined ? null : await asker.verdict(serial, id, null, includeSelf);
    if (serial !== exploration.search.peek()?.serial) return;
    if (answer?.kind === "verdict") {
      const { distance: distanceName } = exploration.summary.peek();
      card.value = { ...answer, distanceName, opener };
    } else if (answer !== null) exploration.complain(answer.message);
  };
  return (
    <div class="feder-why">
      <span>Why not</span>
      <IdForm name="Row that did not come back" button="Explain" submit={why} />
    </div>
  );
}
