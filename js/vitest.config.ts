import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { env } from "node:process";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const BROWSER_TESTS = "tests/**/*.browser.test.{ts,tsx}";

function findChromium(): string | undefined {
  if (env.CHROMIUM) return env.CHROMIUM;
  const folders = (env.PATH ?? "").split(delimiter);
  return CHROMIUM_NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync);
}

/** Time limits that no test depends on: the machine may be busy. `tests/patience.ts` says it for `vi.waitFor`. */
const patient: TestProjectInlineConfiguration["test"] = {
  setupFiles: ["tests/patience.ts"],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 30_000 } },
};

const pure: TestProjectInlineConfiguration = {
  test: {
    ...patient,
    setupFiles: ["tests/patience.ts", "tests/nodeListeners.mjs"],
    name: "node",
    environment: "node",
    include: ["tests/**/*.test.{ts,tsx}"],
    exclude: [BROWSER_TESTS],
  },
};

function inBrowser(executablePath: string): TestProjectInlineConfiguration {
  return {
    test: {
      ...patient,
      name: "browser",
      include: [BROWSER_TESTS],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            executablePath,
            args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
          },
        }),
        instances: [{ browser: "chromium" }],
      },
    },
  };
}

const chromium = findChromium();
if (!chromium && env.CI) throw new Error(`no Chromium in PATH, looked for ${CHROMIUM_NAMES.join(", ")}`);

export default defineConfig({
  test: { projects: chromium ? [pure, inBrowser(chromium)] : [pure] },
});
