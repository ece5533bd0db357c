import { Button } from "../../controls/Button";
import { IncludeSelf } from "../../controls/IncludeSelf";
import { useRoving } from "../../controls/roving";
import { rowKeys } from "../../controls/rowKeys";
import { count, distance, distancesFormat, ordinal, plural } from "../../model/format";
import { lossText, missedText } from "../model/missReason";
import type { GraphTruth, Neighbour } from "../model/truth";
import type { GraphWalk } from "../model/walk";
import { useGraphApp } from "../state/graphApp";
import type { GraphExploration } from "../state/graphExploration";
import { GraphTile } from "./GraphTile";

/** What came back for this query, what should have, and why it did not. */
export function GraphAnswer() {
  const { exploration } = useGraphApp();
  const walk = exploration.walk.value;
  const truth = exploration.truth.value;
  if (walk === null) return null;
  return (
    <section class="feder-answer" aria-label="Answer">
      <Headline truth={truth} />
      {truth === null ? <Results /> : <Neighbours truth={truth} />}
      <CameInstead />
      <MissedReasons walk={walk} />
      <Words walk={walk} />
    </section>
  );
}

function Headline({ truth }: { truth: GraphTruth | null }) {
  const { exploration } = useGraphApp();
  const { found, missed, needed, settings, areKnown, results, player } = exploration;
  const facts = exploration.facts.value;
  const lost = missed.value.length;
  const asSeen = facts.basis === "codes" ? ", as the codes see it" : "";
  const isPartial = player.step.value !== null;
  const target = needed.value;
  const name = `${facts.trueDistance}${asSeen}`;
  return (
    <>
      <h3 class="feder-headline" role="status">
        <b>
          {truth === null
            ? plural(results.value.length, "result")
            : `${count(found.value)} of ${plural(truth.neighbours.length, "true neighbour")} ${
                isPartial ? "so far" : "came back"
              }`}
        </b>
        <small title={name}>{name}</small>
      </h3>
      <p class="feder-reason-line" aria-live="polite">
        {lost > 0 && (
          <span>
            <b class="feder-danger">{count(lost)} missed:</b>{" "}
            {lossText(missed.value, exploration.efUsed.value, exploration.handedOver.value)}
          </span>
        )}
        {truth === null && "Comparing with all vectors…"}
        {truth !== null && !areKnown.value && "Waiting for the kernel…"}
        {lost > 0 && target !== null && target > facts.efLimit && (
          <span>
            efSearch = {count(target)} finds all; here it goes to {count(facts.efLimit)}.
          </span>
        )}
        {lost > 0 && target !== null && target > settings.efSearch.value && target <= facts.efLimit && (
          <Button
            kind="primary"
            onClick={() => {
              settings.efSearch.value = target;
            }}
          >
            efSearch = {count(target)} finds all
          </Button>
        )}
        {lost === 0 &&
          truth !== null &&
          !isPartial &&
          target !== null &&
          target < settings.efSearch.value && <span>efSearch = {count(target)} would do.</span>}
      </p>
    </>
  );
}

/** The true neighbours in order, each found or missed. */
function Neighbours({ truth }: { truth: GraphTruth }) {
  const { exploration } = useGraphApp();
  const { neighbours } = truth;
  const facts = exploration.facts.value;
  const roving = useRoving<HTMLOListElement>(neighbours.length);
  const keys = rowKeys(neighbours.map(({ id }) => id));
  const missed = new Set(exploration.missed.value);
  const format = distancesFormat(neighbours.map((row) => row.distance));
  const results = new Set(exploration.results.value.map(({ id }) => id));
  const isPartial = exploration.player.step.value !== null;
  const query = exploration.walk.value?.id;
  const ef = exploration.efUsed.value;
  return (
    <ol
      ref={roving.list}
      class="feder-tiles"
      aria-label="True neighbours"
      onFocusIn={roving.onFocusIn}
      onKeyDown={roving.onKeyDown}
    >
      {neighbours.map((row, i) => {
        const isMissed = missed.has(row);
        const state = isMissed ? "missed" : isPartial && !results.has(row.id) ? "pending" : "found";
        return (
          <li
            key={keys[i]}
            data-id={row.id.toString()}
            data-distance={row.distance}
            data-state={state}
            data-needed={row.from ?? ""}
          >
            <GraphTile
              id={row.id}
              distance={row.distance}
              text={format(row.distance, i)}
              rank={row.rank}
              isMissed={isMissed}
              isPending={state === "pending"}
              tabIndex={roving.tabIndexOf(i)}
              {...(isMissed ? { tag: tagOf(row) } : row.id === query ? { tag: "query" } : {})}
              name={
                `Row ${row.id}, ${ordinal(row.rank)} nearest of all, ` +
                `${facts.trueDistance} ${distance(row.distance)}, ` +
                (isMissed
                  ? `missed: ${neededText(row, ef, exploration.handedOver.value)}`
                  : state === "pending"
                    ? "not visited yet"
                    : "came back")
              }
            />
          </li>
        );
      })}
    </ol>
  );
}

/** On the picture of a missed one: the efSearch that finds it. */
function tagOf({ from, isTold }: Neighbour): string {
  if (from !== null) return `ef ${count(from)}`;
  return isTold ? "never" : "missed";
}

function neededText(row: Neighbour, ef: number, handed: number): string {
  const { from, visitedFrom, handedFrom, isTold } = row;
  if (!isTold && visitedFrom !== null) return handed > 0 ? "only a search tells why" : "distances tie";
  if (visitedFrom === null) return "no path leads to it";
  if (from === null && handedFrom !== null) return "lost in the re-ranking";
  if (from === null) return "lost to its code";
  return from <= ef ? `lost now, found at efSearch ${count(from)}` : `needs efSearch ${count(from)}`;
}

/** What the search returns, before its true neighbours are known. */
function Results() {
  const { exploration } = useGraphApp();
  const results = exploration.results.value;
  const facts = exploration.facts.value;
  const roving = useRoving<HTMLOListElement>(results.length);
  const keys = rowKeys(results.map(({ id }) => id));
  const format = distancesFormat(results.map((row) => row.distance));
  return (
    <ol
      ref={roving.list}
      class="feder-tiles"
      aria-label="Results"
      onFocusIn={roving.onFocusIn}
      onKeyDown={roving.onKeyDown}
    >
      {results.map((row, i) => (
        <li key={keys[i]} data-id={row.id.toString()} data-distance={row.distance}>
          <GraphTile
            id={row.id}
            distance={row.distance}
            text={format(row.distance, i)}
            rank={i + 1}
            tabIndex={roving.tabIndexOf(i)}
            name={`Row ${row.id}, ${facts.resultDistance} ${distance(row.distance)}, result ${i + 1}`}
          />
        </li>
      ))}
    </ol>
  );
}

/** The results that are no true neighbours. */
function CameInstead() {
  const { exploration } = useGraphApp();
  const rows = exploration.intruders.value;
  const facts = exploration.facts.value;
  const roving = useRoving<HTMLOListElement>(rows.length);
  const keys = rowKeys(rows.map(({ id }) => id));
  const neighbours = exploration.truth.value?.neighbours ?? [];
  const before = facts.resultDistance === facts.trueDistance ? neighbours.map((row) => row.distance) : [];
  const format = distancesFormat([...before, ...rows.map((row) => row.distance)]);
  if (rows.length === 0 || exploration.truth.value === null) return null;
  const isPartial = exploration.player.step.value !== null;
  return (
    <>
      <h4 class="feder-instead">
        <b>
          {isPartial ? "Among the results so far" : "Came instead"}: {plural(rows.length, "result")}
        </b>
        <small>not among the {count(neighbours.length)} true neighbours</small>
      </h4>
      <ol
        ref={roving.list}
        class="feder-tiles"
        aria-label="Came instead"
        onFocusIn={roving.onFocusIn}
        onKeyDown={roving.onKeyDown}
      >
        {rows.map((row, i) => (
          <li key={keys[i]} data-id={row.id.toString()} data-distance={row.distance}>
            <GraphTile
              id={row.id}
              distance={row.distance}
              text={format(row.distance, before.length + i)}
              rank={null}
              tabIndex={roving.tabIndexOf(i)}
              name={`Row ${row.id}, a result that is no true neighbour, ${facts.resultDistance} ${distance(row.distance)}`}
            />
          </li>
        ))}
      </ol>
    </>
  );
}

/** Why each missed neighbour is missed. */
function MissedReasons({ walk }: { walk: GraphWalk }) {
  const { exploration } = useGraphApp();
  const { settings, missed, truth } = exploration;
  const rows = missed.value;
  if (rows.length === 0 || truth.value === null) return null;
  const { efLimit } = exploration.facts.value;
  return (
    <ol class="feder-reasons" aria-label="Missed">
      {rows.map((row) => {
        const { efUsed, handedOver } = exploration;
        const [head, text] = missedText(row, walk, efUsed.value, settings.k.value, handedOver.value);
        const { from } = row;
        return (
          <li key={row.id.toString()} data-id={row.id.toString()}>
            <button
              type="button"
              class="feder-reason-head"
              disabled={from === null || from > efLimit}
              title={from === null ? "" : `Set efSearch to ${count(from)}`}
              onPointerMove={() => {
                exploration.hoveredRow.value = row.id;
              }}
              onPointerLeave={() => {
                exploration.hoveredRow.value = null;
              }}
              onClick={() => {
                if (from !== null) settings.efSearch.value = from;
              }}
            >
              <b>{row.rank}</b> {head}
            </button>{" "}
            {text}
          </li>
        );
      })}
    </ol>
  );
}

/** Everything else that there is to say about this answer. */
function Words({ walk }: { walk: GraphWalk }) {
  const { exploration } = useGraphApp();
  const { settings } = exploration;
  const facts = exploration.facts.value;
  const isPartial = exploration.player.step.value !== null;
  const ef = exploration.efUsed.value;
  const handed = exploration.handedOver.value;
  const stop = walk.stopOf(ef);
  const start = exploration.truth.value?.levels[0];
  return (
    <div class="feder-words">
      {!isPartial && walk.tells(ef) && stop !== null && (
        <p>
          It stops where the next node to expand ({distance(walk.distances[stop])}) has {count(ef)} visited{" "}
          {ef === 1 ? "one" : "ones"} nearer.
        </p>
      )}
      {!isPartial && walk.tells(ef) && stop === null && walk.exhausted && (
        <p>All reachable nodes were expanded.</p>
      )}
      {ef > walk.holdsUntil && <p>Distances tie: searched anew at each efSearch shown.</p>}
      {handed > 0 && (
        <p>
          {isPartial
            ? `The results so far are the nearest visited, by ${facts.distance}. They are re-ranked at the end.`
            : `Re-ranked: the best ${count(Math.min(handed, walk.visitedBy(ef)))} visited, by ${facts.resultDistance}.`}
        </p>
      )}
      {start !== undefined && start.place > 1 && (
        <p class="feder-finding">
          The descent ended at row {walk.ids[0].toString()}, the {ordinal(start.place)} nearest of level 1’s{" "}
          {plural(facts.levelSizes[1] ?? 0, "node")}. The nearest is row {start.nearest.toString()}
          {rivalText(exploration, start.nearest)}.
        </p>
      )}
      {walk.id !== null && <IncludeSelf value={settings.includeSelf} />}
      {facts.findings.map(({ code, severity, sentence, remedy }) => (
        <p key={code} class="feder-finding" data-severity={severity}>
          {sentence} {remedy}
        </p>
      ))}
    </div>
  );
}

function rivalText(exploration: GraphExploration, id: bigint): string {
  const row = exploration.truth.value?.neighbours.find((neighbour) => neighbour.id === id);
  if (row === undefined) return "";
  const isMissed = exploration.missed.value.some((other) => other.id === id);
  return `, the ${ordinal(row.rank)} true neighbour${isMissed ? ", missed" : ""}`;
}
