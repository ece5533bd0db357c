import { useCallback, useMemo, useState } from "preact/hooks";
import { distance, ordinal, plural } from "../../../model/format";
import { type Camera, camera, toScreen } from "../../../views/clusters/camera";
import { type Box, boxAround } from "../../../views/placer";
import type { Size, Zoom } from "../../../views/viewport";
import { nthNearest } from "../../model/results";
import type { GraphWalk } from "../../model/walk";
import { useGraphApp } from "../../state/graphApp";
import { BeyondPaths, paintBeyond } from "../nodes/beyond";
import { NodeStage } from "../nodes/NodeStage";
import type { NodePicture } from "../nodes/nodePicture";
import { searchText } from "../nodes/nodeText";
import { useNodeScene } from "../nodes/useNodeScene";
import { type PolarSpots, polarSpots } from "./polarSpots";
import { polarTrace } from "./polarTrace";
import { type Bar, paintGround, paintNames } from "./ringsPainter";

/** How much a picture can be enlarged. */
const CLOSEST = 80;

/** A longer walk, or another size, leaves the picture as large as a person has made it. */
const GROUND = {};
/** CSS pixels by which the badge of a picture stands out. */
const BADGE = 9;

/** The visited nodes at their exact distances round the query. */
export function DistancesView() {
  const { exploration, palette } = useGraphApp();
  const facts = exploration.facts.value;
  const walk = exploration.walk.value;
  const truth = exploration.truth.value;
  const [size, setSize] = useState<Size | null>(null);
  // Of another kind than the walk's, a distance has no place among them.
  const isOneKind = facts.isTruthOfWalk;
  const absent = useMemo(
    () =>
      walk === null || !isOneKind ? [] : (truth?.near ?? []).filter(({ id }) => walk.placeOf(id) === null),
    [walk, truth, isOneKind],
  );
  const spots = useMemo(
    () => (walk === null || size === null ? null : polarSpots(walk, absent, facts.similarity, size)),
    [walk, absent, facts.similarity, size],
  );
  const scene = useNodeScene(spots);
  const visits = scene?.counts.visited ?? 0;
  const results = exploration.results.value;
  const ef = exploration.efUsed.value;
  const isPartial = exploration.player.step.value !== null;
  const bars = useMemo(() => {
    if (walk === null || visits === 0) return [];
    const last = results.at(-1);
    const found: Bar[] = [];
    // The distances of a second pass are on another scale.
    if (last !== undefined && (facts.areResultsOfWalk || isPartial)) {
      found.push({ distance: last.distance, name: `result ${results.length}`, isKept: false });
    }
    const kept = keptBy(walk, visits, ef, facts.similarity);
    // Deleted ones are walked through and count for nothing.
    const counted = walk.deleted.includes(1) ? "visited, not deleted" : "visited";
    if (kept !== null)
      found.push({ distance: kept, name: `${ordinal(ef)} nearest ${counted}`, isKept: true });
    return found;
  }, [walk, visits, results, ef, facts, isPartial]);
  const beyond = useMemo(() => new BeyondPaths(), []);
  const below = useCallback(
    (context: CanvasRenderingContext2D, picture: NodePicture) => {
      if (spots === null) return;
      paintGround(context, spots, bars, picture, palette.value);
      if (!isPartial) {
        paintBeyond(context, beyond, spots.places, visits, picture.camera, picture.size, palette.value.muted);
      }
    },
    [spots, bars, visits, isPartial, palette.value],
  );
  const above = useCallback(
    (context: CanvasRenderingContext2D, picture: NodePicture) => {
      if (spots === null) return;
      const pictures = picture.ring.map(({ box }) => widened(box, BADGE));
      const names = picture.names.map(({ box }) => box);
      const taken = [...pictures, ...names, descentBox(spots, picture.camera)];
      scene?.nodes.forEach(({ kind }, i) => {
        if (kind !== "visited") taken.push(boxAround(...picture.places[i], 12, 12));
      });
      paintNames(context, spots, bars, taken, picture, palette.value);
    },
    [spots, bars, scene, palette.value],
  );
  const kept = useCallback(
    (now: Size, zoom: Zoom) => (spots === null ? [] : [descentBox(spots, camera(now, spots.aspect, zoom))]),
    [spots],
  );
  const trace = useCallback(
    ({ camera: view }: NodePicture) => {
      const { x, y } = spots?.query ?? { x: 0, y: 0 };
      return polarTrace(...toScreen(view, x, y));
    },
    [spots],
  );
  const text =
    scene === null
      ? "Distances of the visited nodes from the query."
      : [
          `${plural(visits, "visited node")} around the query, by ${facts.distance}, the nearest inside.`,
          ...bars.map(({ name, distance: far }) => `${name}: ${distance(far)}.`),
          ...searchText(exploration, scene),
        ].join(" ");
  return (
    <NodeStage
      kind="distances"
      scene={scene}
      aspect={spots?.aspect ?? 1}
      ground={walk === null ? null : GROUND}
      text={text}
      closest={() => CLOSEST}
      box={() => null}
      below={below}
      above={above}
      kept={kept}
      trace={trace}
      onSize={setSize}
    >
      {walk === null && <p class="feder-waiting">Choose a query to see how far its neighbours are.</p>}
    </NodeStage>
  );
}

function widened({ left, top, right, bottom }: Box, by: number): Box {
  return { left: left - by, top: top - by, right: right + by, bottom: bottom + by };
}

/** The line of the descent, from the rim to where the walk begins. */
function descentBox({ stops, ofVisits }: PolarSpots, view: Camera): Box {
  const [root] = ofVisits;
  const [x, low] = toScreen(view, root?.x ?? 0, root?.y ?? 0);
  const ys = stops.map((spot) => toScreen(view, spot.x, spot.y));
  return { left: x - 14, right: x + 14, top: Math.min(low, ...ys.map(([, top]) => top)) - 24, bottom: low };
}

/** The efSearch-th nearest distance of the visits; null while there are fewer. */
function keptBy(walk: GraphWalk, visits: number, ef: number, similarity: boolean): number | null {
  const key = nthNearest(walk, visits, ef, similarity)[visits - 1];
  if (!Number.isFinite(key)) return null;
  return similarity ? -key : key;
}
