import { CandidatesTable } from "../points/CandidatesTable";
import type { View } from "../view";
import { Legend } from "./Legend";
import { ProjectionView } from "./ProjectionView";

export const projection: View = {
  name: "projection",
  label: "Projection",
  engines: ["ivf"],
  View: ProjectionView,
  Table: CandidatesTable,
  Legend,
};
