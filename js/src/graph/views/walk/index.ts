import type { View } from "../../../views/view";
import { WalkLegend } from "./WalkLegend";
import { WalkTable } from "./WalkTable";
import { WalkView } from "./WalkView";

/** Distance against the distances computed: when the walk comes to each node, and why it stops. */
export const walk: View = {
  name: "walk",
  label: "Walk",
  View: WalkView,
  Table: WalkTable,
  Legend: WalkLegend,
};
