import { readFileSync } from 'node:fs';

import { FreshConsole, fingerprint } from '../console';
import { hydrated, signInLink } from '../demo';
import { demo, expect, open, test } from '../fixtures';

test.use({ role: null });

test('a visitor is asked to sign in and learns nothing of the fleet', async ({ page }) => {
  const answer = await page.goto('/');
  expect(answer?.status()).toBe(200);
  await expect(page).toHaveURL(/\/sign-in$/);
  const text = await page.content();
  for (const { name, address } of demo.nodes) {
    expect(text).not.toContain(name);
    expect(text).not.toContain(address);
  }
});

test('a wrong password is refused without telling whether there is such a user', async ({ page }) => {
  await open(page, '/sign-in');
  const told: string[] = [];
  for (const name of ['browser-admin', 'nobody.of.that.name']) {
    await page.getByLabel('User').fill(name);
    await page.getByLabel('Password').fill('not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    const alert = page.getByRole('alert');
    await expect(alert).toBeVisible();
    told.push(await alert.locator('p').first().innerText());
    await page.reload();
    await page.waitForSelector(hydrated);
  }
  expect(told[0]).toBe(told[1]);
  await expect(page).toHaveURL(/\/sign-in$/);
});

test('a link opened while the sign-in page is shown signs in, and leads on', async ({ page }) => {
  await open(page, '/audit');
  await expect(page).toHaveURL(/\/sign-in\?next=\/audit$/);
  const secret = new URL(signInLink('browser-admin', 'admin')).hash;
  await page.evaluate((hash) => window.location.assign(hash), secret);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit');
  await page.goBack();
  expect(page.url(), 'the history keeps no secret').not.toContain('#link=');
});

test('a link signs in once', async ({ page, browser }) => {
  const link = signInLink('browser-viewer', 'viewer');
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');

  const other = await browser.newPage({ storageState: undefined });
  await other.goto(link);
  await expect(other.getByRole('alert')).toContainText('The link was used already');
  await expect(other).toHaveURL(/\/sign-in$/);
  await other.close();
});

test('signing out ends the session', async ({ page }) => {
  await page.goto(signInLink('browser-viewer', 'viewer'));
  await page.waitForURL((url) => url.pathname === '/');
  await page.waitForSelector(hydrated);
  const cookies = await page.context().cookies();
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  // The cookie was not only forgotten by this browser: the console no longer takes it.
  await page.context().addCookies(cookies);
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in$/);
});

test.describe('a console just installed', () => {
  let fresh: FreshConsole;
  test.beforeAll(async () => {
    fresh = await FreshConsole.start();
  });
  test.afterAll(() => fresh.end());

  test('makes its first admin and then its first node, whose key is compared first', async ({ page }) => {
    await test.step('every page leads to the set-up', async () => {
      await page.goto(fresh.url);
      await expect(page).toHaveURL(/\/setup$/);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Make the first account');
    });

    await test.step('the printed token makes the account', async () => {
      await page.goto(fresh.setUpLink);
      await page.waitForSelector(hydrated);
      const token = new URL(fresh.setUpLink).hash.replace('#link=', '');
      await expect(page.getByLabel('Set-up token')).toHaveValue(token);
      await page.getByLabel('User').fill('first.admin');
      await page.getByLabel('Password, at least 12 characters').fill('four words are enough');
      await page.getByLabel('The same password again').fill('four words are enough');
      await page.getByRole('button', { name: 'Make account' }).click();
    });

    await test.step('an empty fleet says what belongs here and offers it', async () => {
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
      await expect(page.getByRole('heading', { name: 'No line yet' })).toBeVisible();
      await page.waitForSelector(hydrated);
      await page.getByRole('link', { name: 'Add a node' }).click();
    });

    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    const node = demo.nodes.find(({ name }) => name === 'db-3');
    await test.step('the machine is asked for nothing but its key', async () => {
      await page.getByRole('link', { name: 'Add node' }).first().click();
      await page.getByLabel('Address', { exact: true }).fill(node?.address ?? '');
      await page.getByLabel('Name').fill('db-3');
      await page.getByRole('textbox', { name: 'Private key' }).fill(readFileSync(demo.private_key, 'utf8'));
      await page.getByRole('button', { name: 'Read its host key' }).click();
      await expect(page.getByRole('heading', { name: `Is this the key of ${node?.address}?` })).toBeVisible();
      expect(sent.join()).not.toContain('PRIVATE KEY');
    });

    await test.step('trust waits for the fingerprint that was read on the machine', async () => {
      const own = fingerprint(node?.address ?? '');
      const groups = page.locator('.key-card .key-groups span');
      expect((await groups.allInnerTexts()).join('')).toBe(own.replace('SHA256:', ''));
      await expect(groups.first()).toHaveText(/^.{4}$/);

      const trust = page.getByRole('button', { name: 'Trust this key' });
      await expect(trust).toHaveAttribute('aria-disabled', 'true');
      const pasted = page.getByLabel('Paste the fingerprint');
      await pasted.fill(own.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')));
      await expect(page.getByText('Pasted fingerprint differs')).toBeVisible();
      await expect(trust).toHaveAttribute('aria-disabled', 'true');
      await pasted.fill(own);
      await expect(page.getByText('Pasted fingerprint matches')).toBeVisible();
      await trust.click();
    });

    await expect(page.getByRole('heading', { level: 1 })).toHaveText('db-3');
    await expect(page.locator('.ph .badge')).toHaveText(/clear/i, { timeout: 15_000 });
    await expect(page.getByRole('row', { name: /mariadb/ })).toContainText('active');
  });
});
