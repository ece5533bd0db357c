import type { View } from "../../../views/view";
import { MapLegend } from "./MapLegend";
import { MapTable } from "./MapTable";
import { MapView } from "./MapView";

/** Where the search goes among all vectors: the same map for every query. */
export const map: View = {
  name: "map",
  label: "Map",
  View: MapView,
  Table: MapTable,
  Legend: MapLegend,
};
