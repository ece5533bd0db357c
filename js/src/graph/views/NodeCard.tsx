import { Picture, usePicture } from "../../controls/Picture";
import { distance as formatted, ordinal } from "../../model/format";
import { useCardPlace, useRested } from "../../views/cardPlace";
import { useGraphApp } from "../state/graphApp";
import { rowStanding } from "../state/rowStanding";

const SIDE = 96;
/** Milliseconds that the pointer rests on a node before its picture is asked for. */
const REST = 60;

interface Props {
  readonly id: bigint;
  readonly x: number;
  readonly y: number;
  readonly within: { current: HTMLElement | null };
}

/** Picture, distance and place in the walk of the node under the pointer. */
export function NodeCard({ id, x, y, within }: Props) {
  const { exploration } = useGraphApp();
  const card = useCardPlace(x, y, within);
  const rested = useRested(id, REST);
  const { distance, distanceName, rank, lines } = rowStanding(exploration, id);
  return (
    <div ref={card} class="feder-card feder-point-card" aria-hidden="true">
      {rested ? <Portrait id={id} /> : <span class="feder-picture feder-loading" />}
      <p>
        <b>Row {id.toString()}</b>
        {rank !== null && <> · {ordinal(rank)} nearest</>}
        {id === exploration.walk.value?.id && " · the query itself"}
      </p>
      <p class="feder-muted">
        {distance !== null && `${distanceName} ${formatted(distance)}`}
        {lines.map(([name, value]) => (
          <span key={name}>
            <br />
            {name} {value}
          </span>
        ))}
      </p>
    </div>
  );
}

function Portrait({ id }: { id: bigint }) {
  const picture = usePicture(id, null, SIDE);
  const label = picture.state === "loading" ? null : picture.label;
  return (
    <>
      {picture.state !== "text" && <Picture id={id} cluster={null} side={SIDE} alt="" />}
      {label !== null && <p class="feder-point-label">{label}</p>}
    </>
  );
}
