import type { Exploration } from "../../state/exploration";
import { NoPicture, pictureBytes } from "./sentPicture";

/** Why pictures are no queries here, and what makes them queries. */
export const LACKS_EMBEDDER =
  "A picture can be a query where the widget knows how to embed it: FederWidget(index, images=…, embed=…).";

const NAME = 120;

/**
 * Search with the first picture among some files, unless a newer query comes before it is read. An error is shown as a
 * sentence, and the answer on screen stays.
 */
export async function askWithPicture(exploration: Exploration, files: readonly File[]): Promise<void> {
  const { asksPictures, constants } = exploration.summary.peek();
  if (!asksPictures) {
    exploration.complain(LACKS_EMBEDDER);
    return;
  }
  const file = files.find(({ type }) => type.startsWith("image/")) ?? files[0];
  if (file === undefined) {
    exploration.complain("There was no file to search with.");
    return;
  }
  const isNewest = exploration.announce();
  try {
    const encoded = await pictureBytes(file, constants.queryBytes);
    if (!isNewest()) return;
    exploration.dismiss();
    exploration.ask({ picture: file.name.trim().slice(0, NAME) || "Your picture", encoded });
  } catch (error) {
    if (!(error instanceof NoPicture)) throw error;
    if (isNewest()) exploration.complain(`${error.message}.`);
  }
}
