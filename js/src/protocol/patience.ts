/** Milliseconds until an answer counts as lost and is asked for again; twice as long each time. */
export const LOST = 10_000;

/** Milliseconds until a request that has failed may be sent again; twice as long each time. */
export const FAILED = 1000;
