import { useEffect, useMemo } from "preact/hooks";
import type { DrawnDistricts } from "../../model/districts";
import { useGraphApp } from "../../state/graphApp";
import { type MapScene, mapScene } from "./mapScene";
import { districtShares } from "./shades";

interface Shown {
  /** Null before the map has come. */
  readonly drawn: DrawnDistricts | null;
  readonly scene: MapScene | null;
  /** How strongly each district is coloured; null before that is known. */
  readonly shares: Float32Array | null;
}

/** The search on the map; asks for the map while it is used. */
export function useMapScene(): Shown {
  const { exploration } = useGraphApp();
  const { districts } = exploration;
  const walk = exploration.walk.value;
  const drawn = districts.drawn.value;
  const spots = districts.spots.value;
  const query = districts.query.value;
  const distances = districts.distances.value;
  const truth = exploration.truth.value;
  const results = exploration.results.value;
  const missed = exploration.missed.value;
  const ef = exploration.efUsed.value;
  const step = exploration.player.step.value;
  const { similarity } = exploration.facts.value;
  useEffect(() => districts.use(), [districts]);
  const visitSpots = useMemo(() => Array.from(walk?.ids ?? [], (id) => spots.get(id)), [walk, spots]);
  const scene = useMemo(
    () =>
      walk === null || drawn === null
        ? null
        : mapScene({ walk, spots, visitSpots, query, truth, results, missed, ef, step }),
    [walk, drawn, spots, visitSpots, query, truth, results, missed, ef, step],
  );
  const shares = useMemo(
    () => (distances === null || drawn === null ? null : districtShares(distances, similarity)),
    [distances, drawn, similarity],
  );
  return { drawn, scene, shares };
}
