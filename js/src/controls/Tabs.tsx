import { isShortcut } from "./sliderKeys";

interface Tab {
  readonly id: string;
  readonly name: string;
}

interface Props {
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  /** Element id of the tab panel. */
  readonly controls: string;
  readonly choose: (id: string) => void;
  readonly kind?: string;
}

export function Tabs({ name, tabs, chosen, controls, choose, kind = "" }: Props) {
  return (
    <div
      class={`feder-tabs ${kind}`}
      role="tablist"
      aria-label={name}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (by === undefined || isShortcut(event)) return;
        const to = (tabs.findIndex(({ id }) => id === chosen) + by + tabs.length) % tabs.length;
        choose(tabs[to].id);
        (event.currentTarget.children[to] as HTMLElement).focus();
      }}
    >
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
          tabIndex={tab.id === chosen ? 0 : -1}
          aria-selected={tab.id === chosen}
          aria-controls={controls}
          onClick={() => choose(tab.id)}
        >
          {tab.name}
        </button>
      ))}
    </div>
  );
}
