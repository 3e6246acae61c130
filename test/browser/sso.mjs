// Single sign-on, from the configuration to the home page, by identity providers that run
// beside the test and ask who is there. To a browser they are another site than the server.
import assert from "node:assert/strict";

// atProvider says at the identity provider who is there. One of SAML has the browser post
// its answer.
async function atProvider(page, provider, email, name, picture) {
  await page.waitForURL(`${provider.at}/**`);
  await page.locator("#email").fill(email);
  if (name) await picture(page, name);
  await page.locator("button").click();
  if (provider.posts) await page.locator("button:has-text('Go on')").click();
}

// discover asks the sign-in page for the organisation of an address, and goes there.
async function discover(page, email) {
  await page.locator("#email").fill(email);
  await page.locator("button[value=sso]").click();
  await page.locator("main a.button").waitFor();
}

async function roundTrip({ visit, picture, inspect, api }, provider, people) {
  const { kind, org, key } = provider;
  const look = kind === "oidc" ? inspect : picture; // the pages are the same
  const path = `/v2/org/${org}/sso`;
  const name = (what) => `${kind}_${what}`;

  // It is tested before anybody can come in by it.
  await api(key, "PUT", path, provider.configuration);
  const page = await visit();
  await page.goto("/login");
  await page.locator("#email").fill(people.admin);
  await page.locator("button[value=sso]").click();
  await page.locator(".faults").waitFor();
  const tester = await visit();
  await tester.goto((await api(key, "POST", `${path}/test`)).test_url);
  await atProvider(tester, provider, people.admin);
  await tester.locator("h1:has-text('The test succeeded')").waitFor();
  await look(tester, name("tested"));
  assert.equal((await tester.context().cookies()).some((c) => c.name === "__Host-roundtable"), false, "a test signs nobody in");
  assert.equal((await api(key, "PUT", path, { ...provider.configuration, enabled: true })).enabled, true);
  await api(key, "POST", "/v2/user", {
    email: people.bound, first_name: "Séli", last_name: "de Carmelide", lang: "en", role: "ORG_MANAGER", sso_only: true, send_invitation: false,
  });

  // By the address to the provider, and back to the page that was asked for.
  await page.goto("/profile");
  await discover(page, people.bound);
  await look(page, name("elsewhere"));
  await page.locator("main a.button").click();
  await atProvider(page, provider, people.bound, name("provider"), picture);
  await page.waitForURL("**/profile");
  assert.match(await page.locator("header").textContent(), /Séli/);
  await picture(page, name("signed_in"));
  assert.deepEqual(page.complaints.filter((c) => !c.includes("status of 400")), [], "the console complains");

  // Nobody of another organisation, whatever the provider says.
  for (const stranger of people.strangers) {
    const other = await visit();
    await other.goto("/login");
    await discover(other, people.bound);
    await other.locator("main a.button").click();
    await atProvider(other, provider, stranger);
    await other.locator("h1:has-text('Not signed in')").waitFor();
    assert.match(await other.locator("main").textContent(), /no account here that you can use this way/);
    assert.equal((await other.context().cookies()).some((c) => c.name === "__Host-roundtable"), false);
    if (stranger === people.strangers[0]) await look(other, name("refused"));
  }

  // A password is no way for who is bound to this one, and the way is there.
  const bound = await visit();
  await bound.goto("/login");
  await bound.locator("#password").fill("Roundtable!1");
  await bound.locator("#email").fill(people.bound);
  await bound.locator("main button").first().click();
  await bound.locator(".faults").waitFor();
  assert.match(await bound.locator(".faults").textContent(), /You sign in through your organisation/);
  await look(bound, name("bound"));
  await bound.locator("button[value=sso]").click();
  await bound.locator("main a.button").click();
  await atProvider(bound, provider, people.bound);
  await bound.waitForURL("**/");
  assert.match(await bound.locator("header").textContent(), /Séli/);
}

export const ssoChecks = {
  async "single sign-on by OpenID Connect"(tools) {
    const { issuer, client, secret } = tools.settings;
    await roundTrip(tools, {
      kind: "oidc", org: 124, key: "demo-other-org-admin", at: issuer, posts: false,
      configuration: { type: "oidc", issuer, client_id: client, client_secret: secret },
    }, { bound: "seli@carmelide.com", admin: "leodagan@carmelide.com", strangers: ["karadoc@kaamelott.com", "caius@rome.com"] });
  },

  async "single sign-on by SAML"(tools) {
    const { assertor, metadata } = tools.settings;
    await roundTrip(tools, {
      kind: "saml", org: 200, key: "demo-rome-admin", at: assertor, posts: true, configuration: { type: "saml", metadata },
    }, { bound: "verinus@rome.com", admin: "caius@rome.com", strangers: ["arthur@kaamelott.com"] });
  },
};
