import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { useApp } from "../../state/app";
import { askWithPicture } from "./pictureAsker";

type Handlers = Pick<
  JSX.HTMLAttributes<HTMLDivElement>,
  "onDragEnter" | "onDragOver" | "onDragLeave" | "onDrop" | "onPaste"
>;

/** Takes pictures that are dropped on an element or pasted into it; says whether files hang over it. */
export function useDropTarget(): { isOver: boolean; handlers: Handlers } {
  const { exploration } = useApp();
  const [isOver, setOver] = useState(false);
  /** Elements inside that are entered and not left: each move between them tells of both. */
  const depth = useRef(0);
  const end = () => {
    depth.current = 0;
    setOver(false);
  };
  const handlers: Handlers = {
    onDragEnter(event) {
      if (!holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      depth.current++;
      setOver(true);
    },
    onDragOver(event) {
      if (!holdsFiles(event.dataTransfer)) return;
      // Without this, the browser would open the file in place of the notebook.
      event.preventDefault();
      event.stopPropagation();
    },
    onDragLeave(event) {
      if (!holdsFiles(event.dataTransfer)) return;
      depth.current--;
      if (depth.current <= 0) end();
    },
    onDrop(event) {
      if (!holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      event.stopPropagation();
      end();
      void askWithPicture(exploration, [...(event.dataTransfer?.files ?? [])]);
    },
    onPaste(event) {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      void askWithPicture(exploration, files);
    },
  };
  return { isOver, handlers };
}

function holdsFiles(data: DataTransfer | null): boolean {
  return data?.types.includes("Files") ?? false;
}
