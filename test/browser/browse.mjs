// Runs every check of checks.mjs in Chromium and prints a line of JSON for each.
// node browse.mjs ADDRESS CHROMIUM [FOLDER FOR SCREENSHOTS]
import { readFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { checks } from "./checks.mjs";

const [address, executablePath, folder] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
if (folder) await mkdir(folder, { recursive: true });

// --no-sandbox: tests run as root in containers, and only ever see pages of ours.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

// visit opens a browser of somebody's own, in English and light unless told otherwise.
async function visit(settings = {}) {
  const context = await browser.newContext({
    baseURL: address, locale: "en-GB", colorScheme: "light", viewport: { width: 1100, height: 800 }, ...settings,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  return page;
}

// picture keeps what a page looks like.
async function picture(page, name) {
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

// accessible fails if the automatic check finds anything that WCAG 2.2 AA or good practice forbids.
async function accessible(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const found = violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(" ")).join("; ")})`);
  if (found.length > 0) throw new Error(`${name}:\n${found.join("\n")}`);
}

for (const [name, check] of Object.entries(checks)) {
  const began = Date.now();
  let fault = "";
  try {
    await check({ visit, picture, accessible });
  } catch (error) {
    fault = error.stack ?? String(error);
  }
  for (const context of browser.contexts()) await context.close();
  console.log(JSON.stringify({ name, fault, seconds: (Date.now() - began) / 1000 }));
}
await browser.close();
