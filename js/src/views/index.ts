import type { Constants } from "../model/summary";
import { clusters } from "./clusters";
import { distances } from "./distances";
import { projection } from "./projection";
import type { View } from "./view";

/** All views, in the order of their tabs. */
export const VIEWS: readonly View[] = [clusters, distances, projection];

/** The views that the kernel accepts by name. */
export function acceptedViews({ views }: Pick<Constants, "views">): readonly View[] {
  return VIEWS.filter(({ name }) => views.includes(name));
}
