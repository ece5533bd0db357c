import { useMemo, useState } from "preact/hooks";
import { useApp } from "../../state/app";
import type { Place } from "../points/points";
import { RestingPointer } from "../restingPointer";
import { ClusterCard } from "./ClusterCard";

/**
 * The cluster under the pointer, or the one that a key has chosen, in a picture of clusters.
 *
 * @param clusterAt  the cluster at a place of the picture
 */
export function useClusterPointer(clusterAt: (x: number, y: number) => number | null) {
  const { hovered } = useApp().exploration;
  const [pointer, setPointer] = useState<Place | null>(null);
  const rest = useMemo(() => new RestingPointer(), []);
  const show = (cluster: number | null, place: Place) => {
    hovered.value = cluster;
    setPointer(cluster === null ? null : place);
  };
  const leave = () => {
    hovered.value = null;
    setPointer(null);
  };
  const point = (event: PointerEvent) => {
    const { offsetX: x, offsetY: y } = event;
    if (rest.moved(event)) show(clusterAt(x, y), { x, y });
  };
  return {
    pointer,
    leave,
    /** Points at a cluster that a key has chosen, drawn at this place. */
    lead: (cluster: number, x: number, y: number) => {
      rest.keyed();
      show(cluster, { x, y });
    },
    /** Event handlers of the canvas. */
    listeners: {
      onPointerMove: point,
      onPointerDown: point,
      onPointerLeave: (event: PointerEvent) => {
        if (rest.left(event)) leave();
      },
      onPointerCancel: leave,
    },
  };
}

/** The card of the cluster under the pointer. */
export function ClusterPointerCard({
  pointer,
  within,
}: {
  pointer: Place | null;
  within: { current: HTMLElement | null };
}) {
  const { hovered } = useApp().exploration;
  if (pointer === null || hovered.value === null) return null;
  return <ClusterCard cluster={hovered.value} {...pointer} within={within} />;
}
