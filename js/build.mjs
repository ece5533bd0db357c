/** Build the two widgets and the one-file pages of both into the Python package; `--watch` rebuilds it at every change, readable and with a source map. */

import { argv } from "node:process";
import { context } from "esbuild";

const watch = argv.includes("--watch");
const readable = watch || argv.includes("--readable");

const bundle = await context({
  entryPoints: {
    widget: "src/widget.ts",
    graph_widget: "src/graphWidget.ts",
    page: "src/savedPage.ts",
    graph_page: "src/savedGraphPage.ts",
  },
  outdir: "../src/feder_widget/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !readable,
  sourcemap: readable ? "inline" : false,
  legalComments: "none",
  logLevel: "info",
});

if (watch) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
