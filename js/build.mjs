import { argv } from "node:process";
import { context } from "esbuild";

const bundle = await context({
  entryPoints: { widget: "src/widget.ts" },
  outdir: "../src/feder_widget/static",
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: !argv.includes("--readable"),
  legalComments: "none",
  logLevel: "info",
});

if (argv.includes("--watch")) {
  await bundle.watch();
} else {
  await bundle.rebuild();
  await bundle.dispose();
}
