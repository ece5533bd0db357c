/**
 * What the platform calls often-used things, and the page therefore says hundreds of times. In the bundle each is a
 * variable, which minifying makes a letter or two; the source says what it means.
 */
const MEMBERS = {
  Math: "abs atan2 ceil cos floor hypot log log10 log1p max min PI round sin sqrt",
  Array: "from isArray",
  Number: "isFinite isInteger isNaN POSITIVE_INFINITY NEGATIVE_INFINITY",
  globalThis:
    "BigInt64Array Float32Array Float64Array Int32Array Map Set Uint8Array Uint32Array " +
    "cancelAnimationFrame clearTimeout document performance requestAnimationFrame setTimeout",
};

const entries = Object.entries(MEMBERS).flatMap(([owner, names]) =>
  names.split(" ").map((name) => ({ owner, name, short: `${owner}_${name}` })),
);
const PATH = "feder:shorthands";

/** For esbuild: what to replace by what, and the module that declares it. */
export const shorthands = {
  define: Object.fromEntries(
    entries.map(({ owner, name, short }) => [owner === "globalThis" ? name : `${owner}.${name}`, short]),
  ),
  inject: [PATH],
  plugins: [
    {
      name: "shorthands",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: new RegExp(`^${PATH}$`) }, () => ({ path: PATH, namespace: "shorthands" }));
        onLoad({ filter: /.*/, namespace: "shorthands" }, () => ({ contents: declarations() }));
      },
    },
  ],
};

function declarations() {
  const owned = Object.keys(MEMBERS).map((owner) => {
    const renamed = entries.filter((entry) => entry.owner === owner);
    return `export const {${renamed.map(({ name, short }) => `${name}: ${short}`)}} = ${owner};`;
  });
  return owned.join("\n");
}
