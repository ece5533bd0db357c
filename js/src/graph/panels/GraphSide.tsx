import { Tabs } from "../../controls/Tabs";
import { useGraphApp } from "../state/graphApp";
import { GraphAnswer } from "./GraphAnswer";
import { GraphBegin } from "./GraphBegin";
import { GraphWorkload } from "./GraphWorkload";
import { WhyNotRow } from "./WhyNotRow";

const TABS = [
  { id: "query", name: "This query" },
  { id: "workload", name: "Workload" },
];

/** Beside the picture: the answer to this query, or a workload. */
export function GraphSide() {
  const { exploration, about, elementId } = useGraphApp();
  const walk = exploration.walk.value;
  const isQuery = about.value === "query";
  return (
    <div class="feder-side">
      <div class="feder-side-tabs">
        <Tabs
          name="About"
          tabs={TABS}
          chosen={about.value}
          controls={`${elementId}-side`}
          choose={(id) => {
            about.value = id === "workload" ? "workload" : "query";
          }}
          kind="feder-small-tabs"
        />
        {isQuery && walk !== null && exploration.asker.recorded === null && <WhyNotRow />}
      </div>
      <div
        class="feder-side-body"
        id={`${elementId}-side`}
        role="tabpanel"
        aria-label={isQuery ? "This query" : "Workload"}
      >
        {!isQuery ? <GraphWorkload /> : walk === null ? <GraphBegin /> : <GraphAnswer />}
      </div>
    </div>
  );
}
