import { useMemo } from "preact/hooks";
import { useGraphApp } from "../../state/graphApp";
import { type NodeScene, nodeScene, type Spots } from "./nodeScene";

/** The search as it is drawn at these places; null before there are any. */
export function useNodeScene(spots: Spots | null): NodeScene | null {
  const { exploration } = useGraphApp();
  const walk = exploration.walk.value;
  const truth = exploration.truth.value;
  const results = exploration.results.value;
  const missed = exploration.missed.value;
  const ef = exploration.efUsed.value;
  const step = exploration.player.step.value;
  return useMemo(
    () =>
      walk === null || spots === null ? null : nodeScene({ walk, spots, truth, results, missed, ef, step }),
    [walk, spots, truth, results, missed, ef, step],
  );
}
