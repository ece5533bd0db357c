import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { context } from "esbuild";
import { minify } from "terser";
import { ownNames } from "./names.mjs";
import { shorthands } from "./shorthands.mjs";

const OUT = "../src/feder_widget/static";
const JSX = { jsxFactory: "h", jsxFragmentFactory: "Fragment" };
const small = !argv.includes("--readable");
const watch = argv.includes("--watch");

/** What the page says dozens of times and no minifier says once. */
const OFTEN = ["aria-label", "aria-hidden", "aria-live", "function", "disconnected", "div", "span"];

const bundle = await context({
  entryPoints: { widget: "src/widget.ts" },
  outdir: OUT,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: small,
  ...(small && {
    define: shorthands.define,
    plugins: shorthands.plugins,
    mangleProps: ownNames(),
  }),
  // `h(type, props, child)` is shorter than `jsx(type, {children: child})`, hundreds of times.
  tsconfigRaw: {
    compilerOptions: { target: "ES2022", verbatimModuleSyntax: true, jsx: "react", ...JSX },
  },
  inject: ["src/jsx.ts", ...(small ? shorthands.inject : [])],
  legalComments: "none",
  logLevel: "info",
});

if (watch) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
  if (small) await squeeze(`${OUT}/widget.js`);
}

/** What esbuild leaves: it looks at one expression at a time. */
async function squeeze(path) {
  const { code } = await minify(readFileSync(path, "utf8"), {
    module: true,
    ecma: 2020,
    compress: {
      passes: 4,
      ecma: 2020,
      unsafe_arrows: true,
      keep_fargs: false,
      hoist_funs: true,
      unsafe_methods: true,
      pure_getters: false,
      unsafe: true,
    },
  });
  writeFileSync(path, saidOnce(code, OFTEN));
}

/** Makes variables of strings, as keys or as values. */
function saidOnce(code, strings) {
  const names = strings.map((_, i) => `_${i}`);
  const taken = names.filter((name) => new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(code));
  if (taken.length > 0) throw new Error(`${taken} are names already`);
  const shorter = strings.reduce(
    (text, string, i) =>
      text
        .replace(new RegExp(`(?<=[{,])"${string}"(?=:)`, "g"), `[${names[i]}]`)
        .replace(new RegExp(`(?<!\\w)"${string}"`, "g"), names[i]),
    code,
  );
  return `const ${strings.map((string, i) => `${names[i]}="${string}"`)};${shorter}`;
}
