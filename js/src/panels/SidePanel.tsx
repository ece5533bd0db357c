import { Tabs } from "../controls/Tabs";
import { useApp } from "../state/app";
import { AnswerPanel } from "./answer/AnswerPanel";
import { WhyNot } from "./answer/WhyNot";
import { WorkloadPanel } from "./workload/WorkloadPanel";

const TABS = [
  { id: "query", name: "This query" },
  { id: "workload", name: "Workload" },
];

/** On a wide screen: a workload in a column of its own. */
export function WorkloadColumn() {
  return (
    <div class="feder-side feder-workload-column">
      <div class="feder-side-tabs">
        <h3>Workload</h3>
      </div>
      <div class="feder-side-body">
        <WorkloadPanel />
      </div>
    </div>
  );
}

/** Beside the picture, on a wide screen: the answer to this query. */
export function AnswerColumn() {
  const { exploration } = useApp();
  return (
    <div class="feder-side">
      <div class="feder-side-tabs">
        <h3>This query</h3>
        {exploration.search.value !== null && exploration.asker.recorded === null && <WhyNot />}
      </div>
      <div class="feder-side-body">
        <AnswerPanel />
      </div>
    </div>
  );
}

/** Beside the picture: the answer to this query, or a workload. */
export function SidePanel() {
  const { about, exploration, elementId } = useApp();
  const chosen = about.value;
  return (
    <div class="feder-side">
      <div class="feder-side-tabs">
        <Tabs
          name="About"
          tabs={TABS}
          chosen={chosen}
          controls={`${elementId}-side`}
          choose={(id) => {
            about.value = id === "workload" ? "workload" : "query";
          }}
          kind="feder-small-tabs"
        />
        {chosen === "query" && exploration.search.value !== null && exploration.asker.recorded === null && (
          <WhyNot />
        )}
      </div>
      <div
        class="feder-side-body"
        id={`${elementId}-side`}
        role="tabpanel"
        aria-label={chosen === "query" ? "This query" : "Workload"}
      >
        {chosen === "query" ? <AnswerPanel /> : <WorkloadPanel />}
      </div>
    </div>
  );
}
