import type { JSX } from "preact";

interface Props extends JSX.HTMLAttributes<HTMLButtonElement> {
  /** A smaller, square or filled variant. */
  readonly kind?: "small" | "square" | "bare" | "primary";
  readonly disabled?: boolean;
}

/** A button that does not submit a form. */
export function Button({ kind, ...props }: Props) {
  return <button type="button" class={kind ? `feder-button feder-${kind}` : "feder-button"} {...props} />;
}
