import { clusters } from "./clusters";
import { distances } from "./distances";
import { projection } from "./projection";
import type { View } from "./view";

/** All views, in the order of their tabs. */
export const VIEWS: readonly View[] = [clusters, distances, projection];
