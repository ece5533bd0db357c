import type { View } from "../view";
import { DistancesTable } from "./DistancesTable";
import { DistancesView } from "./DistancesView";
import { Legend } from "./Legend";

export const distances: View = {
  name: "distances",
  label: "Distances",
  View: DistancesView,
  Table: DistancesTable,
  Legend,
};
