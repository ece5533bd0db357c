import type { View } from "../../../views/view";
import { LayersLegend } from "./LayersLegend";
import { LayersTable } from "./LayersTable";
import { LayersView } from "./LayersView";

/** Every level on one scale of distance: what it compared, and whether the descent came to its nearest node. */
export const layers: View = {
  name: "layers",
  label: "Layers",
  View: LayersView,
  Table: LayersTable,
  Legend: LayersLegend,
};
