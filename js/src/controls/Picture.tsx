import type { ReadonlySignal } from "@preact/signals";
import { useContext, useLayoutEffect, useState } from "preact/hooks";
import { type Picture as PictureState, type Pictures, PicturesContext } from "../state/pictures";
import { LabelTile } from "./LabelTile";

interface Props {
  readonly id: bigint;
  /** Null where it is not known which one stores the row. */
  readonly cluster: number | null;
  /** CSS pixels. */
  readonly side: number;
  readonly alt: string;
}

/** The picture of a row, its label where it has only that, or a placeholder that gives the reason. */
export function Picture({ id, cluster, side, alt }: Props) {
  const picture = usePicture(id, cluster, side);
  const [failed, setFailed] = useState("");
  if (picture.state === "ready" && failed !== picture.url) {
    return (
      <img
        class="feder-picture"
        data-transparent={picture.isTransparent}
        src={picture.url}
        alt={alt === "" ? "" : [alt, picture.note].filter((part) => part !== null).join(", ")}
        draggable={false}
        decoding="async"
        referrerpolicy="no-referrer"
        onError={() => setFailed(picture.url)}
      />
    );
  }
  if (picture.state === "loading") return <span class="feder-picture feder-loading" />;
  if (picture.state === "text") return <LabelTile label={picture.label} side={side} />;
  const reason = picture.state === "broken" ? picture.reason : "the browser could not load this URL";
  return (
    <span class="feder-picture feder-broken" role="img" aria-label={`${alt}: ${reason}`} title={reason}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M4 5h16v14H4z M4 16l5-5 4 4 3-3 4 4 M3 3l18 18" />
      </svg>
    </span>
  );
}

export function usePicture(id: bigint, cluster: number | null, side: number): PictureState {
  const pictures = useContext(PicturesContext) as Pictures;
  const [held, setHeld] = useState<ReadonlySignal<PictureState> | null>(null);
  useLayoutEffect(() => {
    const { picture, release } = pictures.acquire(id, cluster, side);
    setHeld(picture);
    return release;
  }, [pictures, id, cluster, side]);
  return held?.value ?? { state: "loading" };
}
