import { post, remove } from '../api';
import { expect, open, test } from '../fixtures';

test('the log is whole, and each change is in it with its intent and its end', async ({ page }) => {
  const { id } = await post('/api/v1/access/accounts', { name: 'audited', role: 'viewer' }).then(
    (invitation) => invitation.account,
  );
  await remove(`/api/v1/access/accounts/${id}`);
  await open(page, '/audit');
  await expect(page.locator('.ph .badge.clear')).toHaveText(/The chain holds over [\d,]+ rows/);

  await page.getByLabel('Object').fill('audited');
  await page.getByRole('button', { name: 'Show' }).click();
  const rows = page.getByRole('table', { name: 'Audit' }).locator('tbody tr');
  await expect(rows.first()).toContainText('audited');
  for (const row of await rows.all()) await expect(row).toContainText('audited');
  await expect(rows.filter({ hasText: 'Done' })).not.toHaveCount(0);

  await page.getByRole('button', { name: 'Clear filter' }).click();
  await expect(rows.filter({ hasNotText: 'audited' })).not.toHaveCount(0);
});

test('what a refused person tried is found by its phase', async ({ page }) => {
  await open(page, '/audit');
  await page.getByRole('radio', { name: 'Failed' }).click();
  const rows = page.getByRole('table', { name: 'Audit' }).locator('tbody tr');
  await expect(page.getByText('No row matches').or(rows.first())).toBeVisible();
  await expect(rows.filter({ hasNotText: 'Failed' })).toHaveCount(0);
});
