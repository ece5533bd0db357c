import type { JSX } from "preact";

interface Props extends JSX.HTMLAttributes<HTMLButtonElement> {
  /** How it looks, besides as usual. */
  readonly look?: "small" | "square" | "primary";
  readonly disabled?: boolean;
}

/** A button that does not send a form. */
export function Button({ look, ...props }: Props) {
  return <button type="button" class={look ? `feder-button feder-${look}` : "feder-button"} {...props} />;
}
