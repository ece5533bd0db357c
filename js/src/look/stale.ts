import { options } from "preact";

/** What Preact writes into its own objects, by the names that its builds give them. */
interface Drawn {
  /** The component. */
  __c?: { __v: Drawn };
  /** What was rendered. */
  __k: unknown;
}

type Hook = ((drawn: Drawn) => void) | undefined;

const hooks = options as unknown as { __b: Hook; diffed: Hook };
const { __b: before, diffed: after } = hooks;
const replaced = new WeakMap<Drawn, Drawn>();

// A component that renders by itself, because a signal has changed, leaves what it rendered first with its parent. What
// needs no update is common to two renders and knows the later one, so that from the first all others could be reached,
// and none would ever be given back.
hooks.__b = (drawn) => {
  const last = drawn.__c?.__v;
  if (last !== undefined && last !== drawn) replaced.set(drawn, last);
  before?.(drawn);
};
hooks.diffed = (drawn) => {
  const last = replaced.get(drawn);
  if (last !== undefined) last.__k = null;
  after?.(drawn);
};
