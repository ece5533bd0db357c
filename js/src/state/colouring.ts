/** What colours mean: a rank, a label or a category, a number on a scale, or on the map the recall of a workload. */
export type Colouring = "rank" | "label" | "scale" | "recall";
