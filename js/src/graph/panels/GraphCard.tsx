import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { Picture, usePicture } from "../../controls/Picture";
import { distance as formatted, ordinal } from "../../model/format";
import type { WalkVerdict } from "../../protocol/messages";
import { useGraphApp } from "../state/graphApp";
import { rowStanding } from "../state/rowStanding";
import { verdictText } from "../state/verdictText";

const SIDE = 248;

/** One row that a person has opened: its picture, and where it stands in the search. */
export function GraphCard() {
  const { exploration, card } = useGraphApp();
  const open = card.value;
  const element = useRef<HTMLDivElement>(null);
  const verdict = useVerdict(open?.id ?? null);
  const close = () => {
    card.value = null;
    open?.opener.focus();
  };
  useEffect(() => {
    element.current?.querySelector<HTMLElement>("button")?.focus();
  }, [open]);
  if (open === null) return null;
  const facts = rowStanding(exploration, open.id);
  const distance = facts.distance ?? open.distance;
  return (
    <div
      ref={element}
      class="feder-card feder-image-card feder-graph-card"
      role="dialog"
      aria-label={`Row ${open.id}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <Portrait id={open.id} />
      <dl>
        <div>
          <dt>row</dt>
          <dd>{open.id.toString()}</dd>
        </div>
        {!Number.isNaN(distance) && (
          <div>
            <dt>{facts.distance === null ? exploration.facts.value.resultDistance : facts.distanceName}</dt>
            <dd>{formatted(distance)}</dd>
          </div>
        )}
        {facts.rank !== null && (
          <div>
            <dt>true neighbour</dt>
            <dd>{ordinal(facts.rank)}</dd>
          </div>
        )}
        {verdict !== null && (
          <div>
            <dt>place of all</dt>
            <dd>{ordinal(verdict.position)}</dd>
          </div>
        )}
        {facts.lines.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {verdict !== null && <p class="feder-reason">{verdictText(exploration, verdict)}</p>}
      <div class="feder-card-actions">
        <Button
          kind="primary"
          onClick={() => {
            card.value = null;
            exploration.ask({ id: open.id.toString(), cluster: null });
          }}
        >
          Use as query
        </Button>
        <Button onClick={close}>Close</Button>
      </div>
    </div>
  );
}

/** Where the row stands, as soon as the kernel has counted. */
function useVerdict(id: bigint | null): WalkVerdict | null {
  const { exploration } = useGraphApp();
  const [verdict, setVerdict] = useState<WalkVerdict | null>(null);
  const serial = exploration.walk.value?.serial;
  const includeSelf = exploration.settings.includeSelf.value;
  useEffect(() => {
    setVerdict(null);
    // No recording holds the verdict on every row.
    if (id === null || serial === undefined || exploration.asker.recorded !== null) return;
    let isOpen = true;
    void exploration.asker.walkVerdict(serial, id, includeSelf).then((answer) => {
      if (isOpen && answer?.kind === "walk_verdict") setVerdict(answer);
    });
    return () => {
      isOpen = false;
    };
  }, [exploration, id, serial, includeSelf]);
  return verdict;
}

function Portrait({ id }: { id: bigint }) {
  const picture = usePicture(id, null, SIDE);
  const label = picture.state === "loading" ? null : picture.label;
  return (
    <>
      <Picture id={id} cluster={null} side={SIDE} alt={`Row ${id}`} />
      {label !== null && picture.state !== "text" && <p class="feder-point-label">{label}</p>}
    </>
  );
}
