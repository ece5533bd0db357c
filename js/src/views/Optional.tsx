import type { ComponentChildren } from "preact";

interface Props {
  readonly children: ComponentChildren;
  /** Whether only a very wide page has room for them. */
  readonly isLong?: boolean;
}

/** Words of a legend that a narrow page leaves out where there is a choice of colours beside it. */
export function Optional({ children, isLong = false }: Props) {
  return (
    <span class="feder-optional" data-long={isLong}>
      {children}
    </span>
  );
}
