// What the pages must do in a browser. Each check uses people of the demo company that no
// other check changes, so that their order makes no difference.
import assert from "node:assert/strict";

const password = "Roundtable!1";

async function signIn(page, email) {
  await page.goto("/login");
  await page.locator("#email").fill(email);
  await page.locator("#password").fill(password);
  await page.locator("main button").first().click();
  await page.waitForURL("**/");
}

async function setLanguage(page, lang) {
  await page.goto("/profile");
  await page.locator("#lang").selectOption(lang);
  await page.locator("main button").first().click();
  await page.waitForURL("**/profile?done=saved");
}

const quiet = (page) => assert.deepEqual(page.complaints, [], "the console complains");

export const checks = {
  async "sign in, home, sign out, and nothing comes back"({ visit, picture }) {
    const page = await visit();
    await page.goto("/profile");
    assert.equal(new URL(page.url()).pathname, "/login");
    await picture(page, "login");
    await page.locator("#email").fill("bohort@kaamelott.com");
    await page.locator("#password").fill(password);
    await page.locator("main button").first().click();
    await page.waitForURL("**/profile");
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.name, cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.path], ["__Host-roundtable", true, true, "Lax", "/"]);
    await page.locator(".brand").click();
    assert.equal(await page.locator(".sidebar a").count(), 10);
    await picture(page, "home");
    await page.locator("header button").click();
    await page.waitForURL("**/login?done=signed_out");
    assert.deepEqual(await page.context().cookies(), []);
    await page.goBack();
    assert.equal(await page.locator("text=Bohort").count(), 0, "a page came back after signing out");
    quiet(page);
  },

  async "a wrong password is told, and found by the keyboard"({ visit, picture }) {
    const page = await visit();
    await page.goto("/login");
    await page.locator("#email").fill("caius@rome.com");
    await page.locator("#password").fill("Wrong!pass1");
    await page.locator("main button").first().click();
    await page.locator(".faults").waitFor();
    await picture(page, "login_wrong");
    assert.match(await page.title(), /^Error: /);
    assert.equal(await page.evaluate(() => document.activeElement.className), "faults", "the summary has the focus");
    assert.equal(await page.locator("#email").inputValue(), "caius@rome.com");
    assert.equal(await page.locator("#password").inputValue(), "");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "email", "the summary leads to the field");
    assert.deepEqual(await page.context().cookies(), []);
  },

  async "a profile is changed, and mistakes are shown beside their fields"({ visit, picture }) {
    const page = await visit();
    await signIn(page, "karadoc@kaamelott.com");
    await setLanguage(page, "en");
    await page.locator("#first_name").fill("");
    await page.locator("#phone").fill("no_phone_*");
    await page.locator("main button").first().click();
    await page.locator(".faults").waitFor();
    await picture(page, "profile_wrong");
    for (const id of ["first_name", "phone"]) {
      const described = await page.locator(`#${id}`).getAttribute("aria-describedby");
      assert.ok((await page.locator(`#${described}`).textContent()).length > 0);
    }
    await page.locator("#first_name").fill("<img src=x onerror=alert(1)>");
    await page.locator("#phone").fill("+33 1 23 45");
    await page.locator("#keywords").fill("saucisson\nfromage");
    await page.getByLabel("Send me mails about negative reviews").check();
    await page.locator("main button").first().click();
    await page.waitForURL("**/profile?done=saved");
    assert.equal(await page.locator("#first_name").inputValue(), "<img src=x onerror=alert(1)>");
    assert.equal(await page.locator("header img").count(), 1, "a name is no HTML");
    assert.equal(await page.locator("#keywords").inputValue(), "saucisson\nfromage");
    await picture(page, "profile");
  },

  async "Arabic is mirrored"({ visit, picture, accessible }) {
    const page = await visit();
    await signIn(page, "guenievre@kaamelott.com");
    await setLanguage(page, "ar");
    await page.goto("/");
    assert.equal(await page.locator("html").getAttribute("dir"), "rtl");
    const [main, side] = [await page.locator("main").boundingBox(), await page.locator(".sidebar").boundingBox()];
    assert.ok(side.x > main.x, "the sidebar is on the right");
    const brand = await page.locator(".brand").boundingBox();
    assert.ok(brand.x > 550, "the header begins on the right");
    await picture(page, "home_arabic");
    await page.goto("/profile");
    await accessible(page, "profile in Arabic");
    await picture(page, "profile_arabic");
    const stranger = await visit({ locale: "ar-EG" });
    await stranger.goto("/login");
    assert.equal(await stranger.locator("html").getAttribute("dir"), "rtl");
    await picture(stranger, "login_arabic");
  },

  async "the keyboard is enough"({ visit, picture }) {
    const page = await visit();
    await page.goto("/login");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "email");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(outline, "3px", "the focus is seen");
    await picture(page, "login_focus");
    await page.keyboard.type("leodagan@carmelide.com");
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/");
    for (let i = 0; !(await page.evaluate(() => document.activeElement.closest("form")?.getAttribute("action") === "/logout")); i++) {
      assert.ok(i < 10, "the button that signs out is not reached");
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await page.waitForURL("**/login?done=signed_out");
  },

  async "sessions are listed and ended"({ visit, picture }) {
    const [here, there] = [await visit(), await visit()];
    await signIn(here, "gauvain@kaamelott.com");
    await signIn(there, "gauvain@kaamelott.com");
    await here.goto("/sessions");
    assert.equal(await here.locator(".sessions li").count(), 2);
    await picture(here, "sessions");
    await here.locator(".sessions button").click();
    await here.waitForURL("**/sessions?done=ended");
    await there.goto("/profile");
    assert.equal(new URL(there.url()).pathname, "/login");
  },

  async "a narrow window loses nothing"({ visit, picture }) {
    const page = await visit({ viewport: { width: 320, height: 640 } });
    await signIn(page, "caius@rome.com");
    for (const path of ["/", "/profile", "/password", "/sessions"]) {
      await page.goto(path);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${path} has to be scrolled sideways by ${overflow}px`);
    }
    await page.goto("/");
    await picture(page, "home_narrow");
  },

  async "every target is large enough"({ visit }) {
    const page = await visit();
    await signIn(page, "arthur@kaamelott.com");
    for (const path of ["/", "/profile", "/password", "/sessions"]) {
      await page.goto(path);
      const small = await page.locator("nav a, button, input:not([type=hidden]), select, textarea").evaluateAll((all) => all
        .filter((e) => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 24).map((e) => e.outerHTML));
      assert.deepEqual(small, [], path);
    }
  },

  async "nothing is wrong for those who see, hear or type differently, in light and dark"({ visit, picture, accessible }) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await visit({ colorScheme });
      const look = async (path, name) => {
        await page.goto(path);
        await accessible(page, `${name} in ${colorScheme}`);
        await picture(page, `${name}_${colorScheme}`);
      };
      for (const [path, name] of [["/login", "login"], ["/login?done=signed_out", "signed_out"], ["/login?connection_token=x", "token_spent"],
        ["/reset", "reset"], ["/reset/x", "reset_spent"], ["/invitation/x", "invitation_spent"]]) await look(path, name);
      await page.goto("/reset");
      await page.locator("#email").fill("nobody@example.com");
      await page.locator("main button").first().click();
      await page.locator("main form").waitFor({ state: "detached" });
      await accessible(page, `reset sent in ${colorScheme}`);
      await signIn(page, "merlin@kaamelott.com");
      for (const [path, name] of [["/", "home"], ["/profile", "profile"], ["/profile?done=saved", "saved"], ["/password", "password"],
        ["/sessions", "sessions"], ["/pages/posts", "page_without_address"], ["/pages/nothing", "not_found"]]) await look(path, name);
      await page.goto("/password");
      await page.locator("#password").fill("x");
      await page.locator("main button").first().click();
      await page.locator(".faults").waitFor();
      await accessible(page, `password refused in ${colorScheme}`);
      await picture(page, `password_wrong_${colorScheme}`);
    }
  },
};
