// The page fixture of docs/javascript.md in a browser: pages that ask their own origin, and the live one.
import { expect } from "@playwright/test";
import { test } from "./datafast-test.js";

test.use({ launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } });

const PAGE = "http://page.test/";

for (const origin of ["", "https://datafa.st"]) {
  test(`a page that asks ${origin || "its own origin"}`, async ({ page, datafast }) => {
    await datafast.set({ site: "empty" });
    await page.route(PAGE, (route) => route.fulfill({ contentType: "text/html", body: pageAsking(origin) }));

    await page.goto(PAGE);

    await expect(page.locator("p")).toHaveText("0 visitors");
    await datafast.assertCalled({ operation: "getRealtime", count: { min: 1, max: 1 } });
  });
}

function pageAsking(origin) {
  return `<p></p><script>
    fetch("${origin}/api/v1/analytics/realtime", { headers: { Authorization: "Bearer df_live" } })
      .then((reply) => reply.json())
      .then(({ data }) => (document.querySelector("p").textContent = data[0].visitors + " visitors"));
  </script>`;
}
