interface Tab {
  readonly id: string;
  readonly name: string;
}

interface Props {
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  /** The id of what they choose the content of. */
  readonly controls: string;
  readonly choose: (id: string) => void;
  readonly look?: string;
}

export function Tabs({ name, tabs, chosen, controls, choose, look = "" }: Props) {
  return (
    <div class={`feder-tabs ${look}`} role="tablist" aria-label={name}>
      {tabs.map((tab) => (
        <button
          key={tab.id}
          type="button"
          role="tab"
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
