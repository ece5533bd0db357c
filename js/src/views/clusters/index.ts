import type { View } from "../view";
import { ClustersTable } from "./ClustersTable";
import { ClustersView } from "./ClustersView";
import { Legend } from "./Legend";

export const clusters: View = {
  name: "clusters",
  label: "Clusters",
  View: ClustersView,
  Table: ClustersTable,
  Legend,
};
