/** Puts a text into the clipboard; returns what was done. */
export async function copyText(text: string, done: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page that is a file, or a frame without the right, has no clipboard; what is selected can be copied.
    copySelected(text);
  }
  return done;
}

function copySelected(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("This page may not write to the clipboard.");
}

/** Saves a table as a file. */
export function downloadTable(text: string, name: string): void {
  // Spreadsheets take a text for UTF-8 where it begins with this mark.
  download(new Blob(["\ufeff", text], { type: "text/csv" }), name);
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The file that the kernel has made; throws where there is none, with the reason. */
export function fileOf(answer: Blob | { readonly message: string } | null): Blob {
  if (answer === null) throw new Error("The kernel is not running: no figure can be drawn.");
  if (!(answer instanceof Blob)) throw new Error(answer.message);
  return answer;
}
