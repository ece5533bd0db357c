import { afterEach, describe, expect, it, vi } from "vitest";
import { userEvent } from "vitest/browser";
import { Stage } from "./stage";

let stage: Stage;

afterEach(() => {
  stage.close();
  vi.restoreAllMocks();
});

/** A page that allows full screen, or not; `ask` stands for the browser. */
function open(isAllowed: boolean, ask: () => Promise<void> = () => Promise.resolve()) {
  vi.spyOn(document, "fullscreenEnabled", "get").mockReturnValue(isAllowed);
  stage = new Stage();
  const asked = vi.fn(ask);
  stage.root.requestFullscreen = asked;
  const button = stage.see.getByRole("button", { name: "Full screen" });
  return { asked, button };
}

/** Shortcuts are heard wherever the focus is in the widget. */
async function pressKey(): Promise<void> {
  (stage.see.getByRole("button", { name: "Random query" }).element() as HTMLElement).focus();
  await userEvent.keyboard("w");
}

describe("full screen", () => {
  it("is asked for the whole widget, by its button and by a key", async () => {
    const { asked, button } = open(true);
    await button.click();
    expect(asked).toHaveBeenCalledTimes(1);
    await pressKey();
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
    expect(asked.mock.contexts).toEqual([stage.root, stage.root]);
  });

  it("is not asked for by a letter that is typed", async () => {
    const { asked } = open(true);
    await userEvent.click(stage.see.getByRole("textbox", { name: "Search by id" }));
    await userEvent.keyboard("w");
    await userEvent.click(stage.see.getByRole("spinbutton", { name: "nprobe as a number" }));
    await userEvent.keyboard("w");
    expect(asked).not.toHaveBeenCalled();
  });

  it("is off, and says why, in a page that does not allow it", async () => {
    const { asked, button } = open(false);
    await expect.element(button).toBeDisabled();
    await expect.element(button).toHaveAttribute("title", "This page does not allow full screen");
    await pressKey();
    expect(asked).not.toHaveBeenCalled();
    expect(stage.root.dataset.state).toBe("idle");
  });

  it("may be refused all the same, and nothing happens", async () => {
    const errors = vi.fn();
    window.addEventListener("unhandledrejection", errors);
    const { button } = open(true, () => Promise.reject(new TypeError("Permissions check failed")));
    await button.click();
    await pressKey();
    await new Promise((done) => setTimeout(done));
    window.removeEventListener("unhandledrejection", errors);
    expect(errors).not.toHaveBeenCalled();
    await expect.element(button).toHaveAttribute("aria-pressed", "false");
    await expect.element(stage.see.getByRole("alert")).not.toBeInTheDocument();
  });

  it("is told by the browser, and ended by the same button", async () => {
    const { button } = open(true);
    const matches = stage.root.matches.bind(stage.root);
    let isFull = true;
    stage.root.matches = (selector: string) => (selector === ":fullscreen" ? isFull : matches(selector));
    const left = vi.spyOn(document, "exitFullscreen").mockImplementation(() => Promise.resolve());
    // The page listens once it has been painted.
    await vi.waitFor(() => {
      document.dispatchEvent(new Event("fullscreenchange"));
      expect(button.element().ariaPressed).toBe("true");
    });
    await expect.element(button).toHaveAttribute("title", "Leave full screen (w)");
    await button.click();
    expect(left).toHaveBeenCalledTimes(1);
    isFull = false;
    document.dispatchEvent(new Event("fullscreenchange"));
    await expect.element(button).toHaveAttribute("aria-pressed", "false");
  });
});
