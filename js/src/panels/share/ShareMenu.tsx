import type { Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../controls/Button";
import type { Entry } from "./entry";

/** Milliseconds that a menu says what it has done. */
const SAID = 2500;

interface Props {
  readonly entries: readonly Entry[];
  /** Whether the menu is open. */
  readonly sharing: Signal<boolean>;
  /** Whether there is a search to share. */
  readonly isPossible: boolean;
  readonly root: () => HTMLElement | null;
  readonly complain: (message: string) => void;
}

/** A menu of the ways in which the search on screen leaves the widget. */
export function ShareMenu({ entries, sharing, isPossible, root, complain }: Props) {
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
      setSaid(await entry.share(element));
    } catch (error) {
      setSaid(null);
      complain((error as Error).message);
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
    const entry = entries.find(({ key }) => key === event.key.toLowerCase());
    event.stopPropagation();
    if (to !== undefined) items[to % items.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (entry !== undefined && isPossible) void share(entry);
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
        disabled={!isPossible}
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
          {entries.map((entry) => (
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
