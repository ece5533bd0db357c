import { batch } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import { useApp } from "../../state/app";
import type { Place } from "../points/points";
import { RestingPointer } from "../restingPointer";
import { ClusterCard } from "./ClusterCard";
import { MemberCard } from "./MemberCard";
import type { Tile } from "./mosaic/tile";

interface Pointed extends Place {
  /** The member under the pointer, where the cluster is drawn as its members. */
  readonly tile: Tile | null;
}

/**
 * The cluster under the pointer, or the one that a key has chosen, in a picture of clusters.
 *
 * @param clusterAt  the cluster at a place of the picture
 * @param tileAt  the member of a cluster at a place of the picture
 */
export function useClusterPointer(
  clusterAt: (x: number, y: number) => number | null,
  tileAt: (cluster: number, x: number, y: number) => Tile | null = () => null,
) {
  const { hovered, hoveredRow } = useApp().exploration;
  const [pointer, setPointer] = useState<Pointed | null>(null);
  const rest = useMemo(() => new RestingPointer(), []);
  const show = (cluster: number | null, { x, y }: Place, tile: Tile | null) => {
    batch(() => {
      hovered.value = cluster;
      hoveredRow.value = tile?.id ?? null;
    });
    setPointer(cluster === null ? null : { x, y, tile });
  };
  const leave = () => show(null, { x: 0, y: 0 }, null);
  const point = (event: PointerEvent) => {
    const { offsetX: x, offsetY: y } = event;
    if (!rest.moved(event)) return;
    const cluster = clusterAt(x, y);
    show(cluster, { x, y }, cluster === null ? null : tileAt(cluster, x, y));
  };
  return {
    pointer,
    leave,
    /** Points at a cluster that a key has chosen, drawn at this place. */
    lead: (cluster: number, x: number, y: number) => {
      rest.keyed();
      show(cluster, { x, y }, null);
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

/** The card of the cluster under the pointer, or of its member there. */
export function ClusterPointerCard({
  pointer,
  within,
}: {
  pointer: (Place & { readonly tile?: Tile | null }) | null;
  within: { current: HTMLElement | null };
}) {
  const { hovered } = useApp().exploration;
  if (pointer === null || hovered.value === null) return null;
  const { x, y, tile } = pointer;
  if (tile) return <MemberCard tile={tile} x={x} y={y} within={within} />;
  return <ClusterCard cluster={hovered.value} x={x} y={y} within={within} />;
}
