import type { View } from "../../../views/view";
import { BeyondLegend } from "../nodes/NodeLegend";
import { WalkTable } from "../walk/WalkTable";
import { ProjectionView } from "./ProjectionView";

/** The visited nodes in the plane, near ones together. */
export const projection: View = {
  name: "projection",
  label: "Projection",
  View: ProjectionView,
  Table: WalkTable,
  Legend: () => <BeyondLegend note="near nodes lie together" />,
};
