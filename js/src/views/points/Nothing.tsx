import type { ComponentChildren } from "preact";

/** In place of a picture: why there is none. */
export function Nothing({ children }: { children: ComponentChildren }) {
  return (
    <div class="feder-points">
      <p class="feder-waiting">{children}</p>
    </div>
  );
}
