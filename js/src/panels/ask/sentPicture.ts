/** Bytes of a file up to which it is scaled here; a larger one is refused unread. */
const MOST_READ = 128 << 20;
/** Pixels up to which a picture is decoded here. */
const MOST_PIXELS = 100e6;
/** Longest sides and qualities that are tried until a picture has few enough bytes. */
const ATTEMPTS = [
  [1024, 0.92],
  [768, 0.85],
  [512, 0.8],
  [256, 0.7],
] as const;

/** Why a file cannot be a query, in words for the screen. */
export class NoPicture extends Error {}

/**
 * The bytes of a picture that is a query: the file's own, or scaled where they are more than `most`.
 *
 * A file that is sent as it is can be recognised among the rows. The kernel decodes either with the care that it has for
 * every picture.
 */
export async function pictureBytes(file: File, most: number): Promise<ArrayBuffer> {
  const name = file.name || "the picture";
  // Browsers hand a folder over as a file without a type, empty or unreadable.
  if (file.size === 0)
    throw new NoPicture(file.type === "" ? `${name} is a folder, or empty` : `${name} is empty`);
  // A drawing can hold scripts and has no pixels; a file without a type may be a picture that the kernel can read.
  if (file.type === "image/svg+xml" || !(file.type === "" || file.type.startsWith("image/")))
    throw new NoPicture(`${name} is no picture of pixels, but ${file.type}`);
  if (file.size <= most) return readWhole(file, name);
  if (file.size > MOST_READ)
    throw new NoPicture(`${name} has ${megabytes(file.size)} MB, the most is ${megabytes(MOST_READ)}`);
  return scaled(file, name, most);
}

async function readWhole(file: File, name: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    throw new NoPicture(
      file.type === "" ? `${name} is a folder, or cannot be read` : `${name} cannot be read`,
    );
  }
}

async function scaled(file: File, name: string, most: number): Promise<ArrayBuffer> {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await loaded(image, name);
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height > MOST_PIXELS)
      throw new NoPicture(`${name} has ${Math.round((width * height) / 1e6)} megapixels, the most is 100`);
    for (const [side, quality] of ATTEMPTS) {
      const blob = await drawn(image, Math.min(1, side / Math.max(width, height)), quality);
      if (blob !== null && blob.size <= most) return await blob.arrayBuffer();
    }
    throw new NoPicture(`${name} could not be scaled to ${megabytes(most)} MB`);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function loaded(image: HTMLImageElement, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    image.onload = () => resolve();
    image.onerror = () => reject(new NoPicture(`${name} could not be read as a picture`));
  });
}

/** A picture as JPEG, turned as its EXIF data say, on white where it is transparent. */
function drawn(image: HTMLImageElement, scale: number, quality: number): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  const context = canvas.getContext("2d");
  if (context === null) return Promise.resolve(null);
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
}

function megabytes(bytes: number): string {
  return (bytes / (1 << 20)).toPrecision(2);
}
