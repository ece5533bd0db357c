import type { JSX } from "preact";

interface Props extends JSX.HTMLAttributes<HTMLButtonElement> {
  /** How it looks, besides as usual. */
  readonly kind?: "small" | "square" | "primary";
  readonly disabled?: boolean;
}

/** A button that does not send a form. */
export function Button({ kind, ...props }: Props) {
  return <button type="button" class={kind ? `feder-button feder-${kind}` : "feder-button"} {...props} />;
}
