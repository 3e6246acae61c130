// What happens to people who are mailed a link: the link is taken out of the mail, as it
// lies in the folder of mails, and opened.
import assert from "node:assert/strict";
import { readdir, readFile, watch } from "node:fs/promises";
import { join } from "node:path";

const chosen = "Excalibur!7 of the lake";

// linkTo returns the link that leads to a page, out of the mail to somebody.
async function linkTo(page, email, { address, mails }) {
  const link = new RegExp(`${address}/${page}/[A-Za-z0-9_-]+`);
  const look = async () => {
    for (const name of await readdir(mails)) {
      if (!name.endsWith(".eml")) continue;
      const text = (await readFile(join(mails, name), "utf8")).replace(/=\r?\n/g, ""); // lines are folded so
      const found = text.includes(`<${email}>`) && text.match(link);
      if (found) return found[0];
    }
  };
  const signal = AbortSignal.timeout(10_000);
  const changes = watch(mails, { signal });
  let found = await look();
  for (const next = changes[Symbol.asyncIterator](); !found; found = await look()) await next.next();
  return found;
}

async function choose(page, password) {
  await page.locator("#password").fill(password);
  await page.locator("#repeated").fill(password);
  await page.locator("main button").click();
}

async function signIn(page, email, password) {
  await page.goto("/login");
  await page.locator("#email").fill(email);
  await page.locator("#password").fill(password);
  await page.locator("main button").first().click();
}

// refused looks at a link that was used, or at what came of using it.
async function refused(page) {
  await page.locator("main form").waitFor({ state: "detached" });
  assert.equal(await page.locator("#password").count(), 0, "a password can be chosen once more");
  assert.deepEqual(await page.context().cookies(), []);
}

export const linkChecks = {
  async "an invitation is mailed, opened, accepted once, and lets in"({ visit, picture, inspect, api, settings }) {
    const [key, email] = ["demo-org-admin", "yvain@kaamelott.com"];
    const person = "/v2/user/5309c3a237bbc544d8e26709";
    await api(key, "POST", `${person}/invite`);
    const link = await linkTo("invitation", email, settings);
    const [page, twin] = [await visit(), await visit()];
    for (const opened of [page, twin]) await opened.goto(link);
    assert.equal(await page.locator("html").getAttribute("lang"), "fr", "it speaks to Yvain as he speaks");
    await inspect(page, "invitation");

    await choose(page, "Password1!");
    await page.locator(".faults").waitFor();
    const described = await page.locator("#password").getAttribute("aria-describedby");
    const told = await page.locator(described.split(" ").map((id) => `#${id}`).join(", ")).allTextContents();
    assert.match(told.join(" "), /Beaucoup de gens/, "a password that many have");
    await inspect(page, "invitation_refused");
    assert.equal((await api(key, "GET", `${person}/invitation`)).status, "sent");

    await choose(page, chosen);
    await page.waitForURL("**/login?done=password");
    await picture(page, "invitation_accepted");
    await signIn(page, email, chosen);
    await page.waitForURL("**/");
    assert.match(await page.locator("header").textContent(), /Yvain/);
    assert.equal((await api(key, "GET", person)).status, "active");
    assert.equal((await api(key, "GET", `${person}/invitation`)).status, "accepted");

    await choose(twin, "Another!7 of the lake");
    await refused(twin);
    await twin.goto(link);
    await refused(twin);
    await signIn(twin, email, "Another!7 of the lake");
    await twin.locator(".faults").waitFor();
  },

  async "a forgotten password is replaced by a mailed link"({ visit, picture, inspect, settings }) {
    const email = "blaise@kaamelott.com";
    const [page, elsewhere] = [await visit(), await visit()];
    await signIn(elsewhere, email, "Roundtable!1");
    await elsewhere.waitForURL("**/");
    await page.goto("/login");
    await page.locator("main a[href='/reset']").click();
    await page.locator("#email").fill(email);
    await page.locator("main button").click();
    await page.locator("main form").waitFor({ state: "detached" });
    await picture(page, "reset_sent");

    const link = await linkTo("reset", email, settings);
    await page.goto(link);
    await inspect(page, "reset_link");
    await page.locator("#password").fill(chosen);
    await page.locator("#repeated").fill(`${chosen}?`);
    await page.locator("main button").click();
    await page.locator(".faults").waitFor();
    await choose(page, chosen);
    await page.waitForURL("**/login?done=password");

    await elsewhere.goto("/profile");
    assert.equal(new URL(elsewhere.url()).pathname, "/login", "who came in by the old password is out");
    await signIn(page, email, "Roundtable!1");
    await page.locator(".faults").waitFor();
    await signIn(page, email, chosen);
    await page.waitForURL("**/");
    await elsewhere.goto(link);
    await refused(elsewhere);
  },
};
