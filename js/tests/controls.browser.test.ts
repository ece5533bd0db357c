import { signal } from "@preact/signals";
import { h, render } from "preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { page, userEvent } from "vitest/browser";
import "../src/look/styles.css";
import { useRoving } from "../src/controls/roving";
import { Stepper } from "../src/controls/Stepper";

let host: HTMLElement;

afterEach(() => {
  render(null, host);
  host.remove();
});

function shown(content: Parameters<typeof render>[0]) {
  host = document.createElement("div");
  host.className = "feder-widget";
  host.dataset.testid = crypto.randomUUID();
  document.body.append(host);
  render(content, host);
  return page.getByTestId(host.dataset.testid);
}

describe("a number that can be typed", () => {
  function stepper(start: number, max = 20) {
    const value = signal(start);
    const see = shown(h(Stepper, { name: "nprobe", help: "clusters probed", value, max }));
    const field = see.getByRole("spinbutton", { name: "nprobe as a number" });
    const type = async (text: string) => {
      await userEvent.click(field);
      await userEvent.keyboard(text);
    };
    return { value, see, field, type };
  }

  it("is taken at Enter, so that the next takes its place, and when the focus leaves", async () => {
    const { value, field, type } = stepper(4);
    await type("17");
    expect(value.value).toBe(4);
    await userEvent.keyboard("{Enter}");
    expect(value.value).toBe(17);
    await expect.element(field).toHaveValue("17");
    await userEvent.keyboard("99{Enter}");
    expect(value.value).toBe(20);
    await userEvent.keyboard("9{Tab}");
    expect(value.value).toBe(9);
    await expect.element(field).toHaveAttribute("aria-valuenow", "9");
  });

  it("is kept where it is typed in the moment in which the one before was drawn", async () => {
    const { value, field } = stepper(4);
    const input = field.element() as HTMLInputElement;
    // Preact draws in a microtask, and runs effects after a frame: none passes here.
    const drawn = () => Promise.resolve();
    const typeAtOnce = async (text: string) => {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      await drawn();
      input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      await drawn();
    };
    await typeAtOnce("12");
    expect(value.value).toBe(12);
    await typeAtOnce("17");
    expect(value.value).toBe(17);
    await expect.element(field).toHaveValue("17");
  });

  it("does not come back once an arrow key has changed the number", async () => {
    const { value, field, type } = stepper(4);
    await type("17{ArrowUp}{ArrowDown}");
    await expect.element(field).toHaveValue("4");
    expect(value.value).toBe(4);
  });

  it("is given up for good once the number changes from elsewhere", async () => {
    const { value, field, type } = stepper(4);
    await type("17");
    value.value = 6;
    await expect.element(field).toHaveValue("6");
    value.value = 4;
    await expect.element(field).toHaveValue("4");
    await userEvent.keyboard("{Tab}");
    expect(value.value).toBe(4);
  });

  it("replaces the number that was there", async () => {
    const { value, type } = stepper(12);
    await type("3{Enter}");
    expect(value.value).toBe(3);
  });

  it("goes back to the number that was there with Escape", async () => {
    const { value, field, type } = stepper(4);
    await type("17{Escape}");
    await expect.element(field).toHaveValue("4");
    await userEvent.keyboard("{Tab}");
    expect(value.value).toBe(4);
  });

  it.each([
    ["0", 1],
    ["-3", 1],
    ["21", 20],
    ["99999999999999999999", 20],
    ["1e1", 10],
  ])("out of range, %s, is taken to the nearest that is allowed", async (text, expected) => {
    const { value, type } = stepper(4);
    await type(`${text}{Enter}`);
    expect(value.value).toBe(expected);
  });

  it.each(["", " ", "2.5", "abc", "4,5", "NaN", "Infinity"])("is not %j", async (text) => {
    const { value, field, type } = stepper(4);
    await type(`{Backspace}${text}{Enter}`);
    expect(value.value).toBe(4);
    await expect.element(field).toHaveValue("4");
  });

  it("steps by one with the arrows, by eight with the page keys, and stops at the ends", async () => {
    const { value, field, type } = stepper(4, 12);
    await type("{ArrowUp}{ArrowUp}{ArrowDown}");
    expect(value.value).toBe(5);
    await userEvent.keyboard("{PageUp}");
    expect(value.value).toBe(12);
    await userEvent.keyboard("{ArrowUp}");
    expect(value.value).toBe(12);
    await userEvent.keyboard("{PageDown}{PageDown}{ArrowDown}");
    expect(value.value).toBe(1);
    await expect.element(field).toHaveValue("1");
  });

  it("leaves the keys that move the caret to the text", async () => {
    const { value, type } = stepper(12);
    await type("15{Home}{ArrowRight}{Delete}{Enter}");
    expect(value.value).toBe(1);
    await userEvent.keyboard("34{ArrowLeft}{Backspace}{End}{Enter}");
    expect(value.value).toBe(4);
  });

  it("shows a value that comes from elsewhere in place of what is being typed", async () => {
    const { value, field, type } = stepper(4);
    await type("17");
    value.value = 6;
    await expect.element(field).toHaveValue("6");
    await userEvent.keyboard("{Enter}");
    expect(value.value).toBe(6);
  });

  it("has a button on either side, which is off at its end", async () => {
    const { value, see } = stepper(2, 3);
    const [less, more] = ["Decrease nprobe", "Increase nprobe"].map((name) =>
      see.getByRole("button", { name }),
    );
    await more.click();
    expect(value.value).toBe(3);
    await expect.element(more).toBeDisabled();
    await less.click();
    await less.click();
    expect(value.value).toBe(1);
    await expect.element(less).toBeDisabled();
    await expect.element(more).toBeEnabled();
  });

  it("tells its range, and groups the digits of large numbers", async () => {
    const { value, field, type } = stepper(1234, 65_536);
    await expect.element(field).toHaveAttribute("aria-valuemin", "1");
    await expect.element(field).toHaveAttribute("aria-valuemax", "65536");
    await expect.element(field).toHaveValue("1,234");
    // As it is shown, so it can be typed.
    await type("2,345{Enter}");
    expect(value.value).toBe(2345);
    const box = field.element() as HTMLInputElement;
    value.value = 65_536;
    await vi.waitFor(() => expect(box.value).toBe("65,536"));
    expect(box.scrollWidth).toBeLessThanOrEqual(box.clientWidth);
  });
});

describe("a list of buttons", () => {
  const SIDE = 40;

  /** Rows of five, as a strip of tiles breaks. */
  function List({ names }: { names: readonly string[] }) {
    const roving = useRoving<HTMLOListElement>(names.length);
    const style = { display: "grid", gridTemplateColumns: `repeat(5, ${SIDE}px)`, listStyle: "none" };
    return h(
      "ol",
      { ref: roving.list, style, onFocusIn: roving.onFocusIn, onKeyDown: roving.onKeyDown },
      names.map((name, i) =>
        h("li", { key: name }, h("button", { type: "button", tabIndex: roving.tabIndexOf(i) }, name)),
      ),
    );
  }

  const letters = (count: number) => [..."abcdefghijklmnopqrstuvwxyz"].slice(0, count);

  function list(count: number) {
    shown(
      h(
        "div",
        {},
        h("button", { type: "button" }, "before"),
        h(List, { names: letters(count) }),
        h("button", { type: "button" }, "after"),
      ),
    );
    return {
      draw: (other: number) =>
        render(
          h(
            "div",
            {},
            h("button", { type: "button" }, "before"),
            h(List, { names: letters(other) }),
            h("button", { type: "button" }, "after"),
          ),
          host,
        ),
    };
  }

  const focused = () => document.activeElement?.textContent;
  const stops = () =>
    [...host.querySelectorAll<HTMLElement>("li button")]
      .filter((one) => one.tabIndex === 0)
      .map((one) => one.textContent);

  it("is one stop of the tab key, at the item that had the focus last", async () => {
    list(12);
    expect(stops()).toEqual(["a"]);
    (host.querySelector("button") as HTMLElement).focus();
    await userEvent.keyboard("{Tab}");
    expect(focused()).toBe("a");
    await userEvent.keyboard("{ArrowRight}{ArrowRight}");
    expect(focused()).toBe("c");
    expect(stops()).toEqual(["c"]);
    await userEvent.keyboard("{Tab}");
    expect(focused()).toBe("after");
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
    expect(focused()).toBe("c");
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
    expect(focused()).toBe("before");
  });

  it("is walked through by arrows, Home and End, and ends at its ends", async () => {
    list(12);
    (host.querySelector("li button") as HTMLElement).focus();
    await userEvent.keyboard("{ArrowLeft}");
    expect(focused()).toBe("a");
    await userEvent.keyboard("{End}");
    expect(focused()).toBe("l");
    await userEvent.keyboard("{ArrowRight}");
    expect(focused()).toBe("l");
    await userEvent.keyboard("{Home}");
    expect(focused()).toBe("a");
  });

  it("is walked through by rows", async () => {
    list(12);
    (host.querySelector("li button") as HTMLElement).focus();
    await userEvent.keyboard("{ArrowRight}{ArrowRight}{ArrowRight}{ArrowDown}");
    expect(focused()).toBe("i");
    // The last row is shorter: its nearest item.
    await userEvent.keyboard("{ArrowDown}");
    expect(focused()).toBe("l");
    await userEvent.keyboard("{ArrowDown}");
    expect(focused()).toBe("l");
    await userEvent.keyboard("{ArrowUp}");
    expect(focused()).toBe("g");
    await userEvent.keyboard("{ArrowUp}{ArrowUp}");
    expect(focused()).toBe("b");
  });

  it("takes the item that is clicked for its stop", async () => {
    list(12);
    await userEvent.click(host.querySelectorAll("li button")[6]);
    expect(stops()).toEqual(["g"]);
  });

  it("leaves keys of the host alone", async () => {
    list(12);
    (host.querySelector("li button") as HTMLElement).focus();
    await userEvent.keyboard("{Alt>}{ArrowRight}{/Alt}{Control>}{End}{/Control}x");
    expect(focused()).toBe("a");
  });

  it("keeps a stop when it gets shorter or longer", async () => {
    const { draw } = list(12);
    (host.querySelectorAll("li button")[10] as HTMLElement).focus();
    await vi.waitFor(() => expect(stops()).toEqual(["k"]));
    (host.querySelector("button") as HTMLElement).focus();
    draw(4);
    await vi.waitFor(() => expect(stops()).toEqual(["d"]));
    draw(9);
    await vi.waitFor(() => expect(stops()).toHaveLength(1));
    draw(0);
    draw(3);
    await vi.waitFor(() => expect(stops()).toHaveLength(1));
  });
});
