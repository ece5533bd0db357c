import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { count, plural } from "../../../model/format";
import type { Size } from "../../../views/viewport";
import { useGraphApp } from "../../state/graphApp";
import type { ProjectedWalk } from "../../state/walkProjection";
import { BeyondPaths, paintBeyond } from "../nodes/beyond";
import { NodeStage } from "../nodes/NodeStage";
import type { NodePicture } from "../nodes/nodePicture";
import { searchText } from "../nodes/nodeText";
import { useNodeScene } from "../nodes/useNodeScene";
import { planeSpots } from "./planeSpots";

/** A better picture leaves the zoom as it is. */
const GROUND = {};
/** How much a picture can be enlarged. */
const CLOSEST = 80;

/** The visited nodes in the plane. */
export function ProjectionView() {
  const { exploration, palette } = useGraphApp();
  const { projections, walk } = exploration;
  const drawn = projections.drawn.value;
  const reason = projections.reason.value;
  useEffect(() => projections.use(), [projections]);
  const [size, setSize] = useState<Size | null>(null);
  const spots = useMemo(
    () => (drawn === null || size === null ? null : planeSpots(drawn, size)),
    [drawn, size],
  );
  const scene = useNodeScene(spots);
  const isPartial = exploration.player.step.value !== null;
  const beyond = useMemo(() => new BeyondPaths(), []);
  const below = useCallback(
    (context: CanvasRenderingContext2D, { camera, size }: NodePicture) => {
      if (spots === null || scene === null || isPartial) return;
      paintBeyond(context, beyond, spots.places, scene.counts.visited, camera, size, palette.value.muted);
    },
    [spots, scene, isPartial, palette.value],
  );
  const visits = scene?.counts.visited ?? 0;
  const text =
    drawn === null || scene === null
      ? "Picture of the visited nodes in two dimensions, being drawn."
      : [
          `${plural(visits, "visited node")} and the query in two dimensions, by ${drawn.method}.`,
          ...searchText(exploration, scene),
        ].join(" ");
  return (
    <NodeStage
      kind="projection"
      scene={scene}
      aspect={spots?.aspect ?? 1}
      ground={drawn === null ? null : GROUND}
      text={text}
      closest={() => CLOSEST}
      box={() => null}
      below={below}
      onSize={setSize}
    >
      {drawn === null && (
        <p class="feder-waiting">
          {reason !== null
            ? `No projection: ${reason}`
            : walk.value === null
              ? "Choose a query to see what it visits."
              : exploration.status.value === "disconnected"
                ? "No projection: the kernel that computes it is disconnected."
                : "Projecting the visited nodes…"}
        </p>
      )}
      {drawn !== null && (
        <div class="feder-projection-method" aria-live="polite" data-final={drawn.isFinal}>
          <p>{statement(drawn, visits, reason !== null)}</p>
          {reason !== null && <p class="feder-projection-reason">{reason}. The linear picture stays.</p>}
        </div>
      )}
    </NodeStage>
  );
}

/** The picture in one line: the method, and what is still to come. */
export function statement(drawn: ProjectedWalk, visits: number, isRefused: boolean): string {
  const parts = [drawn.method];
  if (drawn.drawnIn > 0) parts.push(`${plural(drawn.drawnIn, "far point")} drawn nearer`);
  if (visits > drawn.visits) parts.push(`the first ${count(drawn.visits)} of ${plural(visits, "visit")}`);
  if (!drawn.isFinal && !isRefused) parts.push("refining…");
  return parts.join(" · ");
}
