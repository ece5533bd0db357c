import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import { csvOf, markdownOf, pythonOf } from "../../model/sharedText";
import { type App, useApp } from "../../state/app";
import { sharedResults, sharedSearch } from "./sharedSearch";
import { viewPicture } from "./viewPicture";

/** Milliseconds that a menu says what it has done. */
const SAID = 2500;

interface Entry {
  readonly key: string;
  readonly name: string;
  /** Does it, and says what was done. */
  share(app: App, root: HTMLElement): Promise<string> | string;
}

const ENTRIES: readonly Entry[] = [
  {
    key: "i",
    name: "Save picture (PNG)",
    async share(app, root) {
      const search = sharedSearch(app);
      const caption =
        search === null
          ? app.exploration.summary.peek().family
          : `${search.query}: ${search.headline} · ${search.family}, nprobe ${search.nprobe} of ${search.nlist}, k ${search.k}`;
      // Another search may be on screen by then.
      const name = `${fileName(app)}.png`;
      download(await viewPicture(root, app, caption), name);
      return "Picture saved";
    },
  },
  {
    key: "m",
    name: "Copy finding (Markdown)",
    share: (app) => copy(app, (search) => markdownOf(search), "Finding copied"),
  },
  {
    key: "y",
    name: "Copy Python for this state",
    share: (app) => copy(app, (search) => pythonOf(search), "Python copied"),
  },
  {
    key: "r",
    name: "Download results (CSV)",
    share(app) {
      downloadText(csvOf(sharedResults(app), false), `${fileName(app)}-results.csv`);
      return "Results saved";
    },
  },
  {
    key: "x",
    name: "Download missed (CSV)",
    share(app) {
      downloadText(csvOf(sharedSearch(app)?.missed ?? [], true), `${fileName(app)}-missed.csv`);
      return "Missed rows saved";
    },
  },
  {
    key: "h",
    name: "Save as a page (HTML)",
    async share(app) {
      const name = `${fileName(app)}.html`;
      download(await app.savePage(), name);
      return "Page saved";
    },
  },
];

/** A menu of the ways in which the search on screen leaves the widget. */
export function ShareMenu({ root }: { root: () => HTMLElement | null }) {
  const app = useApp();
  const { exploration, sharing } = app;
  const menu = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLSpanElement>(null);
  const [said, setSaid] = useState<string | null>(null);
  const isOpen = sharing.value;
  const close = () => {
    sharing.value = false;
    opener.current?.querySelector("button")?.focus();
  };
  const share = async (entry: Entry) => {
    close();
    const element = root();
    if (element === null) return;
    try {
      setSaid(`${entry.name} …`);
      setSaid(await entry.share(app, element));
    } catch (error) {
      setSaid(null);
      exploration.complain((error as Error).message);
    }
  };
  useEffect(() => {
    if (isOpen) menu.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (said === null || said.endsWith("…")) return;
    const timer = setTimeout(() => setSaid(null), SAID);
    return () => clearTimeout(timer);
  }, [said]);
  useEffect(() => {
    if (!isOpen) return;
    const leave = (event: PointerEvent) => {
      if (!event.composedPath().includes(opener.current as HTMLElement)) sharing.value = false;
    };
    addEventListener("pointerdown", leave, { capture: true });
    return () => removeEventListener("pointerdown", leave, { capture: true });
  }, [isOpen, sharing]);
  const press = (event: KeyboardEvent) => {
    // Also on the button, from which the focus has yet to move.
    if (!sharing.peek()) return;
    const items = [...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1 + items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    const entry = ENTRIES.find(({ key }) => key === event.key.toLowerCase());
    event.stopPropagation();
    if (to !== undefined) items[to % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (entry !== undefined && exploration.search.peek() !== null) void share(entry);
    else return;
    event.preventDefault();
  };
  return (
    <span class="feder-share" role="group" ref={opener} onKeyDown={press}>
      <Button
        kind="square"
        aria-label="Share"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        title="Share (s)"
        disabled={exploration.search.value === null}
        onClick={() => {
          sharing.value = !isOpen;
        }}
      >
        <svg class="feder-icon" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M8 10V2M5 4.8 8 2l3 2.8M4 7.5H2.8v6.2h10.4V7.5H12" />
        </svg>
      </Button>
      {isOpen && (
        <div ref={menu} class="feder-menu" role="menu" aria-label="Share" tabIndex={-1}>
          {ENTRIES.map((entry) => (
            <button
              key={entry.key}
              type="button"
              role="menuitem"
              tabIndex={-1}
              aria-label={entry.name}
              aria-keyshortcuts={entry.key}
              onClick={() => void share(entry)}
            >
              {entry.name}
              <kbd>{entry.key}</kbd>
            </button>
          ))}
        </div>
      )}
      <span class="feder-shared" role="status">
        {said}
      </span>
    </span>
  );
}

async function copy(
  app: App,
  textOf: (search: NonNullable<ReturnType<typeof sharedSearch>>) => string,
  done: string,
): Promise<string> {
  const search = sharedSearch(app);
  if (search === null) throw new Error("There is no search to copy.");
  try {
    await navigator.clipboard.writeText(textOf(search));
  } catch {
    // A page that is a file, or a frame without the right, has no clipboard; what is selected can be copied.
    copySelected(textOf(search));
  }
  return done;
}

function copySelected(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("This page may not write to the clipboard.");
}

/** "row-42-nprobe-4". */
function fileName({ exploration }: App): string {
  const { search, settings } = exploration;
  const id = search.peek()?.id ?? null;
  return `${id === null ? "vector" : `row-${id}`}-nprobe-${settings.nprobe.peek()}`;
}

function downloadText(text: string, name: string): void {
  // Spreadsheets take a text for UTF-8 where it begins with this mark.
  download(new Blob(["\ufeff", text], { type: "text/csv" }), name);
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
