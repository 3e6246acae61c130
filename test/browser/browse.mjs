// Runs every check in Chromium and prints a line of JSON for each.
// node browse.mjs '{"address": …, "chromium": …, "screenshots": …, "mails": …, …}'
import { readFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { checks } from "./checks.mjs";
import { linkChecks } from "./links.mjs";
import { ssoChecks } from "./sso.mjs";

const settings = JSON.parse(process.argv[2]);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
if (settings.screenshots) await mkdir(settings.screenshots, { recursive: true });

// --no-sandbox: tests run as root in containers, and only ever see pages of ours.
const browser = await chromium.launch({ executablePath: settings.chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

// visit opens a browser of somebody's own, in English and light unless told otherwise.
async function visit(also = {}) {
  const context = await browser.newContext({
    baseURL: settings.address, locale: "en-GB", colorScheme: "light", viewport: { width: 1100, height: 800 }, ...also,
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
  if (settings.screenshots) await page.screenshot({ path: join(settings.screenshots, `${name}.png`), fullPage: true });
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

// inspect is accessible and picture of the page as it stands, in light and in dark.
async function inspect(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await accessible(page, `${name} in ${colorScheme}`);
    await picture(page, `${name}_${colorScheme}`);
  }
}

// api asks the server as a program does. What it answers must be good.
async function api(key, method, path, body) {
  const headers = { "x-APIKey": key, "Content-Type": "application/json" };
  const response = await fetch(settings.address + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
}

for (const [name, check] of Object.entries({ ...checks, ...linkChecks, ...ssoChecks })) {
  const began = Date.now();
  let fault = "";
  try {
    await check({ visit, picture, accessible, inspect, api, settings });
  } catch (error) {
    fault = error.stack ?? String(error);
  }
  for (const context of browser.contexts()) await context.close();
  console.log(JSON.stringify({ name, fault, seconds: (Date.now() - began) / 1000 }));
}
await browser.close();
