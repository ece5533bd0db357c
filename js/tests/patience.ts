import { vi } from "vitest";

/** Milliseconds after which what is waited for counts as never coming: the machine may be busy. */
const PATIENCE = 30_000;

const { waitFor } = vi;
vi.waitFor = (callback, options = PATIENCE) => waitFor(callback, options);
