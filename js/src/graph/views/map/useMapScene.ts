import { useEffect, useMemo } from "preact/hooks";
import type { DrawnDistricts } from "../../model/districts";
import type { GraphWalk } from "../../model/walk";
import { useGraphApp } from "../../state/graphApp";
import type { NodeScene, Spots } from "../nodes/nodeScene";
import { useNodeScene } from "../nodes/useNodeScene";
import { districtShares } from "./shades";

interface Shown {
  /** Null before the map has come. */
  readonly drawn: DrawnDistricts | null;
  readonly scene: NodeScene | null;
  /** How strongly each district is coloured; null before that is known. */
  readonly shares: Float32Array | null;
}

/** The search on the map; asks for the map while it is used. */
export function useMapScene(): Shown {
  const { exploration } = useGraphApp();
  const { districts } = exploration;
  const walk = exploration.walk.value;
  const drawn = districts.drawn.value;
  const ofRows = districts.spots.value;
  const stands = districts.query.value;
  const distances = districts.distances.value;
  const { similarity } = exploration.facts.value;
  useEffect(() => districts.use(), [districts]);
  const spots = useMemo(() => {
    return walk === null || drawn === null ? null : mapSpots(walk, ofRows, stands);
  }, [walk, drawn, ofRows, stands]);
  const scene = useNodeScene(spots);
  const shares = useMemo(
    () => (distances === null || drawn === null ? null : districtShares(distances, similarity)),
    [distances, drawn, similarity],
  );
  return { drawn, scene, shares };
}

/** @param stands  where the query would stand, for one that is no row */
export function mapSpots(walk: GraphWalk, ofRows: Spots["ofRows"], stands: Spots["query"]): Spots {
  const ofVisits = Array.from(walk.ids, (id) => ofRows.get(id));
  return { ofVisits, ofRows, query: walk.id === null ? stands : (ofRows.get(walk.id) ?? stands) };
}
