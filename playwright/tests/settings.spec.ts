import { get, remove } from '../api';
import { expect, open, test } from '../fixtures';

const NAME = 'night.shift';
const PASSWORD = 'four words are enough';

test('an admin lets somebody in, who sets a password, and takes the account away again', async ({
  page,
  browser,
}) => {
  await forget(NAME);
  await open(page, '/settings');
  const accounts = page.getByRole('table', { name: 'Accounts' });

  const link = await test.step('a new account comes with a link that is shown once', async () => {
    await page.getByRole('button', { name: 'New account' }).click();
    const dialog = page.getByRole('dialog', { name: 'New account' });
    await dialog.getByLabel('Name').fill(NAME);
    await dialog.getByRole('radio', { name: 'operator' }).click();
    await dialog.getByRole('button', { name: 'Make account' }).click();
    const shown = page.getByRole('dialog', { name: `Sign-in link for ${NAME}` });
    const text = await shown.locator('pre').innerText();
    await shown.getByRole('button', { name: 'Close' }).last().click();
    await expect(accounts.getByRole('row', { name: NAME })).toContainText('none');
    return text.trim();
  });

  const theirs = await browser.newPage({ storageState: undefined });
  await test.step('the person sets a password and signs in with it', async () => {
    await theirs.goto(link);
    await theirs.waitForURL((url) => url.pathname === '/');
    await open(theirs, '/settings');
    await expect(theirs.getByRole('table', { name: 'Accounts' })).toHaveCount(0);
    await theirs.getByLabel('Password, at least 12 characters').fill(PASSWORD);
    await theirs.getByLabel('The same password again').fill(PASSWORD);
    await theirs.getByRole('button', { name: 'Change password' }).click();
    await expect(theirs.getByRole('status').filter({ hasText: 'The password is changed' })).toBeVisible();
    await theirs.getByRole('button', { name: 'Sign out' }).first().click();
    await theirs.waitForURL('**/sign-in');
    await open(theirs, '/vrrp');
    await expect(theirs).toHaveURL(/\/sign-in\?next=\/vrrp$/);
    await theirs.getByLabel('User').fill(NAME);
    await theirs.getByLabel('Password').fill(PASSWORD);
    await theirs.keyboard.press('Enter');
    await expect(theirs, 'signing in leads back').toHaveURL(/\/vrrp$/);
    const button = theirs.getByRole('button', { name: /^Hand over to dir-.$/ }).first();
    await expect(button, 'an operator may run').not.toHaveAttribute('aria-disabled');
  });

  await test.step('their sessions end with their account', async () => {
    await accounts.getByRole('row', { name: NAME }).getByRole('button', { name: 'Remove' }).click();
    const asked = page.getByRole('dialog', { name: `Remove ${NAME}?` });
    await asked.getByRole('button', { name: 'Remove' }).click();
    await expect(accounts.getByRole('row', { name: NAME })).toHaveCount(0);
    await open(theirs, '/');
    await expect(theirs).toHaveURL(/\/sign-in/);
  });
  await theirs.close();
});

test('a token is shown once, works, and is revoked', async ({ page, playwright, baseURL }) => {
  await open(page, '/settings');
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog', { name: 'New token' });
  await dialog.getByLabel('What it is for').fill('nightly script');
  await dialog.getByRole('button', { name: 'Make token' }).click();
  const shown = page.getByRole('dialog', { name: 'Token nightly script' });
  const token = (await shown.locator('pre').innerText()).trim();
  await page.keyboard.press('Escape');
  await expect(shown).toBeHidden();
  await expect(page.getByText(token)).toHaveCount(0);

  const script = await playwright.request.newContext({
    baseURL,
    extraHTTPHeaders: { authorization: `Bearer ${token}` },
  });
  expect((await script.get('/api/v1/fleet')).status()).toBe(200);
  const row = page.getByRole('table', { name: 'API tokens' }).getByRole('row', { name: 'nightly script' });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toHaveCount(0);
  expect((await script.get('/api/v1/fleet')).status()).toBe(401);
});

test('a password that is too short is told at its field', async ({ page }) => {
  await open(page, '/settings');
  const field = page.getByLabel('Password, at least 12 characters');
  await field.fill('short');
  await field.blur();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription('5 of 12 characters');
});

/** Removes an account that a run before left. */
async function forget(name: string) {
  const accounts: { id: number; name: string }[] = await get('/api/v1/access/accounts');
  for (const { id } of accounts.filter((account) => account.name === name)) {
    await remove(`/api/v1/access/accounts/${id}`);
  }
}
