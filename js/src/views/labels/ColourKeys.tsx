import type { ComponentChildren } from "preact";
import { useApp } from "../../state/app";
import { LabelKeys } from "./LabelKeys";
import { ScaleKeys } from "./ScaleKeys";

interface Props {
  /** Keys of other marks. */
  readonly children?: ComponentChildren;
  /** Whether clusters are what is coloured. */
  readonly isOfClusters?: boolean;
}

/** The colours of labels, or of numbers on a scale; nothing where colours mean ranks. */
export function ColourKeys({ children, isOfClusters = false }: Props) {
  const { coloursBy } = useApp().exploration.labels;
  if (coloursBy.value === "label") return <LabelKeys>{children}</LabelKeys>;
  if (coloursBy.value === "scale") return <ScaleKeys isOfClusters={isOfClusters}>{children}</ScaleKeys>;
  return null;
}
