import type { View } from "../../views/view";
import type { GraphFacts } from "../model/summary";
import { distances } from "./distances";
import { layers } from "./layers";
import { map } from "./map";
import { projection } from "./projection";
import { walk } from "./walk";

/** All views of a graph, in the order of their tabs. */
export const GRAPH_VIEWS: readonly View[] = [map, layers, walk, distances, projection];

/** The views that the kernel accepts by name. */
export function acceptedGraphViews({ constants }: Pick<GraphFacts, "constants">): readonly View[] {
  return GRAPH_VIEWS.filter(({ name }) => constants.views.includes(name));
}
