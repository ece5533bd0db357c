import { useGraphApp } from "../../state/graphApp";

/** The mark of deleted nodes in a legend, where the walk came to some. */
export function DeletedKey() {
  const { exploration } = useGraphApp();
  if (!exploration.walk.value?.deleted.includes(1)) return null;
  return (
    <span title="marked as deleted: searches walk through it and never return it">
      <i data-kind="deleted" /> deleted<span class="feder-optional">: visited, never returned</span>
    </span>
  );
}
