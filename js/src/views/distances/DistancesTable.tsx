import { useApp } from "../../state/app";
import { ClustersTable } from "../clusters/ClustersTable";
import { CandidatesTable } from "../points/CandidatesTable";

/** What the picture shows, in words: centroids in the coarse step, then candidates. */
export function DistancesTable() {
  return useApp().exploration.step.value === 1 ? <ClustersTable /> : <CandidatesTable />;
}
