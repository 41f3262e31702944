// The page fixture of docs/javascript.md in a browser: the effect of each fault on a page.
import { createServer } from "node:http";
import { expect } from "@playwright/test";
import { test } from "./datafast-test.js";

test.use({ launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } });

const ORIGINS = { "its own origin": "", "the live origin": "https://datafa.st" };
/** The results of a page that requests its own origin, and of one that requests the live origin if they differ. */
const MET = {
  reset: ["no answer"],
  empty: ["no answer"],
  truncate: ["200, and half a body", "no answer"],
  malformed: ["200, no JSON"],
  "content-type": ["200, JSON as text/html; charset=utf-8"],
  "wrong-type": ["200, JSON as application/json"],
  missing: ["200, JSON as application/json"],
  drip: ["200, JSON as application/json"],
  hang: ["nothing for a while"],
};

let server;

test.beforeAll(async () => {
  server = createServer((request, reply) => {
    reply.setHeader("Content-Type", "text/html");
    reply.end(pageAsking(new URL(request.url, "http://localhost").searchParams.get("origin")));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
});

test.afterAll(() => server.close());

for (const [name, origin] of Object.entries(ORIGINS)) {
  for (const [fault, [own, live = own]] of Object.entries(MET)) {
    test(`${fault}, of a page that asks ${name}`, async ({ page, datafast }) => {
      // biome-ignore lint/suspicious/noThenProperty: it is a rule's, and nobody awaits it
      await datafast.set({ faults: [{ then: { fault, ...(fault === "drip" && { duration: 200 }) } }] });

      await page.goto(`http://localhost:${server.address().port}/?origin=${origin}`);

      await expect(page.locator("p")).toHaveText(origin ? live : own);
      await datafast.assertCalled({ operation: "getRealtimeMap", count: { min: 1 } });
    });
  }
}

function pageAsking(origin) {
  return `<p></p><script type="module">
    const say = (text) => (document.querySelector("p").textContent = text);
    const late = AbortSignal.timeout(1500);
    try {
      const reply = await fetch("${origin}/api/v1/analytics/realtime/map", { signal: late });
      const type = reply.headers.get("Content-Type");
      try {
        await reply.json();
        say(reply.status + ", JSON as " + type);
      } catch (error) {
        say(reply.status + (error instanceof SyntaxError ? ", no JSON" : ", and half a body"));
      }
    } catch {
      say(late.aborted ? "nothing for a while" : "no answer");
    }
  </script>`;
}
