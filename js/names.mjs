import { readdirSync, readFileSync } from "node:fs";

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g;
const WORD = /[A-Za-z_]\w*/g;
const DECLARED =
  /^\s*(?:declare |readonly |var |function |get |set |const |interface )*"?([A-Za-z_$][\w$]*)"?\??\s*[:(<]/gm;

/** What is said to Python under these names, or comes from it, is spelled out in these modules. */
const OUTSIDE = ["messages.ts", "wire.ts", "requests.ts", "summary.ts", "traits.ts"];

const SOURCE = new URL("src/", import.meta.url);
const PACKAGES = new URL("node_modules/", import.meta.url);

const files = (folder, pattern) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => pattern.test(name))
    .map((name) => readFileSync(new URL(name, folder), "utf8"));

/**
 * Matches the property names that are ours alone, which the bundle may shorten: words of the source that neither the browser
 * nor a package declares, that no message or trait carries, and that are no string of the source nor a key's name.
 */
export function ownNames() {
  const taken = takenNames();
  const own = new Set();
  for (const text of sources()) {
    for (const [name] of text.matchAll(WORD)) if (/^[a-z]\w\w/.test(name) && !taken.has(name)) own.add(name);
  }
  return new RegExp(`^(?:${[...own].join("|")})$`);
}

const sources = () => files(SOURCE, /\.tsx?$/);

/** The names that others use too. */
export function takenNames() {
  const taken = new Set();
  const declarations = [
    ...files(new URL("typescript/lib/", PACKAGES), /^lib\.(dom|es).*\.d\.ts$/),
    ...files(new URL("preact/src/", PACKAGES), /\.d\.ts$/),
    ...files(new URL("@anywidget/types/", PACKAGES), /\.d\.ts$/),
  ];
  for (const text of declarations) for (const [, name] of text.matchAll(DECLARED)) taken.add(name);
  const kept = OUTSIDE.map((name) => readFileSync(new URL(name, SOURCE), "utf8").replace(COMMENT, ""));
  for (const text of sources()) kept.push(...(text.match(/"\w+"/g) ?? []));
  for (const text of kept) for (const [name] of text.matchAll(WORD)) taken.add(name);
  return taken;
}
