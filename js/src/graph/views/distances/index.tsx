import type { View } from "../../../views/view";
import { BeyondLegend } from "../nodes/NodeLegend";
import { WalkTable } from "../walk/WalkTable";
import { DistancesView } from "./DistancesView";

/** How far the visited nodes are from the query, and who led to whom. */
export const distances: View = {
  name: "distances",
  label: "Distances",
  View: DistancesView,
  Table: WalkTable,
  Legend: () => <BeyondLegend note="radius: distance, direction: who led to it" />,
};
