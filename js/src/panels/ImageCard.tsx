import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../controls/Button";
import { Picture, usePicture } from "../controls/Picture";
import { RowFacts } from "../controls/RowFacts";
import { count, distance } from "../model/format";
import { storedName } from "../model/missedText";
import type { Summary } from "../model/summary";
import type { Missed } from "../model/truth";
import type { Verdict } from "../protocol/messages";
import { type OpenCard, useApp } from "../state/app";
import { rowVerdict } from "../state/rowTexts";

const SIDE = 224;

/** One row: its large picture, its facts, its verdict, and a button to search from it. */
export function ImageCard() {
  const { card } = useApp();
  const open = card.value;
  // Rows of several clusters can share an id.
  return open === null ? null : <Card key={`${open.id}/${open.cluster}`} open={open} />;
}

function Card({ open }: { open: OpenCard }) {
  const { exploration, asker, card } = useApp();
  const { id, cluster } = open;
  const dialog = useRef<HTMLDivElement>(null);
  const search = exploration.search.value;
  const [then] = useState(search);
  const includeSelf = exploration.settings.includeSelf.value;
  const { columns } = exploration.summary.value;
  const rank = search?.rankIn(cluster) ?? null;
  const picture = usePicture(id, cluster, SIDE);
  const label = picture.state === "loading" ? null : picture.label;
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  useEffect(() => {
    setVerdict(null);
    if (search === null) return;
    let isOpen = true;
    void asker.verdict(search.serial, id, cluster, includeSelf).then((answer) => {
      if (isOpen && answer?.kind === "verdict" && answer.cluster === cluster) setVerdict(answer);
    });
    return () => {
      isOpen = false;
    };
  }, [asker, search, id, cluster, includeSelf]);
  const close = () => {
    card.value = null;
    (open.opener.closest<HTMLElement>(".feder-points") ?? open.opener).focus();
  };
  useLayoutEffect(() => {
    const element = dialog.current as HTMLDivElement;
    const root = element.offsetParent as HTMLElement;
    const outer = root.getBoundingClientRect();
    const anchor = open.opener.getBoundingClientRect();
    const left = Math.min(anchor.left - outer.left, outer.width - element.offsetWidth - 12);
    const top = Math.min(anchor.top - outer.top, outer.height - element.offsetHeight - 12);
    element.style.left = `${Math.max(12, left)}px`;
    element.style.top = `${Math.max(12, top)}px`;
    if (!element.matches(":focus-within")) element.querySelector("button")?.focus();
  }, [open, verdict]);
  useEffect(() => {
    const outside = (event: PointerEvent) => {
      // Outside a shadow root, the target of an event from inside is the host.
      if (!event.composedPath().includes(dialog.current as Node)) card.value = null;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [card]);
  const lost = exploration.missed.value.find((row) => row.id === id && row.cluster === cluster);
  const isOfSearch = search === then && !Number.isNaN(open.distance);
  const facts: [string, string][] = [
    ["id", id.toString()],
    ["label", picture.state === "loading" ? "loading…" : (label ?? "none")],
    ...(isOfSearch ? distanceFacts(open, lost, exploration.summary.value) : []),
    ["cluster", rank === null ? `${cluster}` : `${cluster}, rank ${count(rank)}`],
  ];
  return (
    <div
      ref={dialog}
      class="feder-card feder-image-card"
      role="dialog"
      tabIndex={-1}
      aria-label={`Row ${id}`}
      onFocusOut={(event) => {
        if (event.relatedTarget !== null && !dialog.current?.contains(event.relatedTarget as Node))
          card.value = null;
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <Picture id={id} cluster={cluster} side={SIDE} alt={label ?? `row ${id}`} />
      {picture.state === "broken" && <p class="feder-reason">{picture.reason}</p>}
      {picture.state === "ready" && picture.note !== null && <p class="feder-reason">{picture.note}</p>}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {columns.length > 0 && (
        // Its own scroll bar, which the keyboard can reach: a table may have many columns.
        <div class="feder-metadata" tabIndex={0} role="group" aria-label="Metadata, scrollable">
          <RowFacts id={id} />
        </div>
      )}
      <p class="feder-verdict" aria-live="polite">
        {verdict !== null && rowVerdict(exploration, verdict)}
      </p>
      <div class="feder-card-actions">
        <Button
          kind="primary"
          onClick={() => {
            close();
            exploration.ask({ id: id.toString(), cluster });
          }}
        >
          Use as query
        </Button>
        <Button
          onClick={() => {
            exploration.settings.cluster.value = cluster;
            close();
          }}
        >
          Show cluster
        </Button>
        <Button onClick={close}>Close</Button>
      </div>
    </div>
  );
}

/** The distance that the card was opened with; of a neighbour missed by the original vectors, both of its distances. */
function distanceFacts(open: OpenCard, lost: Missed | undefined, summary: Summary): [string, string][] {
  if (!summary.given || lost === undefined || lost.codeDistance === null) {
    return [[open.distanceName, distance(open.distance)]];
  }
  return [
    [summary.trueDistance, distance(lost.distance)],
    [`by ${storedName(summary)}`, distance(lost.codeDistance)],
  ];
}
