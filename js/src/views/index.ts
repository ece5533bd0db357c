import type { ComponentType } from "preact";
import { ClustersTable } from "./clusters/ClustersTable";
import { ClustersView } from "./clusters/ClustersView";
import { Legend } from "./clusters/Legend";
import { DistancesTable } from "./distances/DistancesTable";
import { DistancesView } from "./distances/DistancesView";
import { Legend as DistancesLegend } from "./distances/Legend";
import { CandidatesTable } from "./points/CandidatesTable";
import { Legend as ProjectionLegend } from "./projection/Legend";
import { ProjectionView } from "./projection/ProjectionView";

/** One way to look at the search: a picture, and a table that says the same in text. */
export interface View {
  readonly id: string;
  readonly name: string;
  readonly Picture: ComponentType;
  /** What the picture's colours and sizes mean. */
  readonly Legend: ComponentType;
  readonly Table: ComponentType;
}

export const VIEWS: readonly View[] = [
  { id: "clusters", name: "Clusters", Picture: ClustersView, Legend, Table: ClustersTable },
  {
    id: "distances",
    name: "Distances",
    Picture: DistancesView,
    Legend: DistancesLegend,
    Table: DistancesTable,
  },
  {
    id: "projection",
    name: "Projection",
    Picture: ProjectionView,
    Legend: ProjectionLegend,
    Table: CandidatesTable,
  },
];

export function viewNamed(id: string): View {
  return VIEWS.find((view) => view.id === id) ?? VIEWS[0];
}
