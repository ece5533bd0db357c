import { options } from "preact";

/** Preact's virtual node, with the property names of its builds. */
interface Drawn {
  /** The component. */
  __c?: { __v: Drawn };
  /** The rendered children. */
  __k: unknown;
}

type Hook = ((drawn: Drawn) => void) | undefined;

const hooks = options as unknown as { __b: Hook; diffed: Hook };
const { __b: before, diffed: after } = hooks;
const replaced = new WeakMap<Drawn, Drawn>();

// A component that a signal renders again leaves its first virtual node with its parent. Unchanged children belong to
// both renders and refer to the later one, so the first node would keep every later one in memory.
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
