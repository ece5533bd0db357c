import { CandidatesTable } from "../points/CandidatesTable";
import type { View } from "../view";
import { Legend } from "./Legend";
import { ProjectionView } from "./ProjectionView";

export const projection: View = {
  name: "projection",
  label: "Projection",
  View: ProjectionView,
  Table: CandidatesTable,
  Legend,
};
