import { readdirSync, readFileSync } from "node:fs";

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g;
const WORD = /[A-Za-z_]\w*/g;
const DECLARED =
  /^\s*(?:declare |readonly |var |function |get |set |const |interface )*"?([A-Za-z_$][\w$]*)"?\??\s*[:(<]/gm;

/** What is said to Python under these names, or comes from it, is spelled out in these modules. */
const OUTSIDE = ["messages.ts", "wire.ts", "requests.ts", "summary.ts", "traits.ts"];

/** What the parts of Preact call each other by: all of them are in the bundle, and none says it as a string. */
const PREACT = (
  "componentDidCatch componentDidMount componentDidUpdate componentWillMount componentWillReceiveProps " +
  "componentWillUnmount componentWillUpdate contextType current debounceRendering defaultProps displayName " +
  "forceUpdate getChildContext getDerivedStateFromError getDerivedStateFromProps getSnapshotBeforeUpdate peek " +
  "props setState shouldComponentUpdate"
).split(" ");

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
  const own = new Set(PREACT);
  for (const text of sources()) {
    for (const [name] of text.matchAll(WORD)) if (/^[a-z]\w\w/.test(name) && !taken.has(name)) own.add(name);
  }
  return new RegExp(`^(?:${[...own].join("|")})$`);
}

const sources = () => files(SOURCE, /\.tsx?$/);

/** Those of the shortened names that a part of Preact says as a string, by which it would miss them. */
export function saidAsStrings() {
  const said = files(new URL("preact/dist/", PACKAGES), /^preact\.module\.js$/)
    .concat(files(new URL("preact/hooks/dist/", PACKAGES), /^hooks\.module\.js$/))
    .concat(files(new URL("@preact/signals/dist/", PACKAGES), /^signals\.module\.js$/))
    .concat(files(new URL("@preact/signals-core/dist/", PACKAGES), /^signals-core\.module\.js$/))
    .flatMap((text) => text.match(/["'`][A-Za-z_]\w*["'`]/g) ?? []);
  if (!said.includes('"diffed"')) throw new Error("Preact is not where it was");
  return PREACT.filter((name) => said.some((string) => string.slice(1, -1) === name));
}

/** The names that others than the parts of the bundle use too. */
export function takenNames() {
  const taken = new Set();
  const declarations = [
    ...files(new URL("typescript/lib/", PACKAGES), /^lib\.(dom|es).*\.d\.ts$/),
    ...files(new URL("preact/src/", PACKAGES), /\.d\.ts$/),
    ...files(new URL("@anywidget/types/", PACKAGES), /\.d\.ts$/),
  ];
  for (const text of declarations) for (const [, name] of text.matchAll(DECLARED)) taken.add(name);
  const kept = OUTSIDE.map((name) => readFileSync(new URL(name, SOURCE), "utf8").replace(COMMENT, ""));
  const said = PREACT.filter((name) => kept.some((text) => new RegExp(`\\b${name}\\??:`).test(text)));
  if (said.length > 0) throw new Error(`${said} would be shortened where Python says them in full`);
  for (const text of sources()) kept.push(...(text.match(/"\w+"/g) ?? []));
  for (const text of kept) for (const [name] of text.matchAll(WORD)) taken.add(name);
  for (const name of PREACT) taken.delete(name);
  return taken;
}
