import { useApp } from "../../state/app";
import { ClustersTable } from "../clusters/ClustersTable";
import { CandidatesTable } from "../points/CandidatesTable";

/** The picture as a table: clusters in the coarse step, then candidates. */
export function DistancesTable() {
  return useApp().exploration.step.value === 1 ? <ClustersTable /> : <CandidatesTable />;
}
