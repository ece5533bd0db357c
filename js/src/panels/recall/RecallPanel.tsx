import { Tabs } from "../../controls/Tabs";
import { useApp } from "../../state/app";
import { QueryRecall } from "./QueryRecall";
import { WorkloadPanel } from "./WorkloadPanel";

const TABS = [
  { id: "query", name: "Recall of this query" },
  { id: "workload", name: "Workload" },
];

/** Recall of one query, or of a workload. */
export function RecallPanel() {
  const { exploration, about } = useApp();
  const chosen = about.value ?? (exploration.search.value === null ? "workload" : "query");
  return (
    <div class="feder-recall">
      <Tabs
        name="Recall"
        tabs={TABS}
        chosen={chosen}
        controls="feder-recall"
        choose={(id) => {
          about.value = id;
        }}
        kind="feder-small-tabs"
      />
      <div class="feder-recall-body" id="feder-recall" role="tabpanel" aria-label="Recall">
        {chosen === "query" ? <QueryRecall /> : <WorkloadPanel />}
      </div>
    </div>
  );
}
