import { expect, open, test } from '../fixtures';
import { expectDone, followJob } from '../job';

test('a backup is taken by a plan that was read, and entered with its proof', async ({ page }) => {
  await open(page, '/backups');
  const catalogue = page.getByRole('table', { name: 'Catalogue' }).locator('tbody tr');
  const before = await catalogue.count();

  await page.getByRole('button', { name: 'Back up now, opens a plan' }).click();
  const plan = page.getByRole('dialog');
  await expect(plan).toContainText(/\d+ pass, \d+ warn, 0 block/);
  // The demo's data has a table that no transaction covers.
  await expect(plan.locator('.interlocks .warn')).toContainText('orders.import_log');
  await expect(plan.locator('.plan-list code').first()).toBeVisible();
  await expect(plan).toContainText('mariadb-dump');
  await plan.locator('footer').getByRole('button', { name: /^Back up/ }).click();

  const job = await followJob(page);
  await expectDone(page);
  await expect(page.locator('.job-outage')).toContainText('No client measures this job');

  await page.getByRole('navigation').getByRole('link', { name: 'Backups' }).click();
  await expect(catalogue).toHaveCount(before + 1);
  await expect(catalogue.first()).toContainText(/\d (B|KiB|MiB)/);
  await expect(catalogue.first()).toContainText('not yet');

  await test.step('its checksum, coordinates and way back are a keystroke away', async () => {
    await catalogue.first().focus();
    await page.keyboard.press('Enter');
    const sheet = page.locator('.backups-chosen');
    await expect(sheet.locator('dd').filter({ hasText: /^[0-9a-f]{64}$/ })).toBeVisible();
    await expect(sheet).toContainText(/GTID \d+-\d+-\d+/);
    await expect(sheet.getByRole('link', { name: `Job ${job}` })).toBeVisible();
    await expect(sheet.locator('pre')).toContainText('zstd -dc');
  });
});

test('the file is what the catalogue says', async ({ page, request }) => {
  await open(page, '/backups');
  await page.getByRole('table', { name: 'Catalogue' }).locator('tbody tr').first().click();
  const sheet = page.locator('.backups-chosen');
  const href = await sheet.getByRole('link', { name: 'Download' }).getAttribute('href');
  const file = await (await request.get(href ?? '')).body();
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(file));
  await expect(sheet).toContainText(Buffer.from(digest).toString('hex'));
});

test('typing narrows the catalogue', async ({ page }) => {
  await open(page, '/backups');
  const rows = page.getByRole('table', { name: 'Catalogue' }).locator('tbody tr');
  await expect(rows).not.toHaveCount(0);
  await page.keyboard.press('/');
  await page.keyboard.type('no such engine');
  await expect(rows).toHaveCount(0);
  await expect(page.getByText('No backup matches')).toBeVisible();
});
