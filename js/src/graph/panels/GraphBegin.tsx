import { Button } from "../../controls/Button";
import { count, plural } from "../../model/format";
import { useGraphApp } from "../state/graphApp";

/** Before the first search: what the graph is, and ways to begin. */
export function GraphBegin() {
  const { exploration } = useGraphApp();
  const { ntotal, dim, family, metric, levelSizes, width, findings } = exploration.facts.value;
  return (
    <div class="feder-begin">
      <h3 class="feder-headline">
        <b>{plural(ntotal, "vector")} in a graph</b>
      </h3>
      <p class="feder-muted">
        {family}, {metric}, {count(dim)} dimensions: {plural(levelSizes.length, "level")}, at most{" "}
        {count(width)} links at level 0.
      </p>
      <div class="feder-way feder-aside">
        <h4>A random row</h4>
        <Button kind="primary" onClick={() => exploration.ask({ random: true })}>
          Random query
        </Button>
        <p class="feder-muted">Or type a row id above.</p>
      </div>
      {findings.map(({ code, severity, sentence, remedy }) => (
        <p key={code} class="feder-finding" data-severity={severity}>
          {sentence} {remedy}
        </p>
      ))}
    </div>
  );
}
