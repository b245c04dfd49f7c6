import { backUp, get } from '../api';
import { expect, open, test } from '../fixtures';
import { expectDone } from '../job';

test('a finished job keeps its steps, checks and log', async ({ page }) => {
  const id = await backUp();
  await open(page, `/jobs/${id}`);
  await expectDone(page);
  await page.reload();
  await expectDone(page);

  const log = page.getByRole('log');
  await expect(log.locator('.command')).not.toHaveCount(0);
  await page.getByRole('radio', { name: 'Commands' }).click();
  await expect(log.locator('.output')).toHaveCount(0);
});

test('the list leads to each job and can be narrowed', async ({ page }) => {
  const id = (await get('/api/v1/jobs')).jobs[0]?.id ?? (await backUp());
  await open(page, '/jobs');
  const rows = page.getByRole('table', { name: 'Jobs' }).locator('tbody tr');
  await expect(rows.filter({ hasText: `${id}` }).first()).toBeVisible();

  await page.getByRole('radio', { name: 'Not done' }).click();
  await expect(rows.filter({ has: page.getByText('Done', { exact: true }) })).toHaveCount(0);
  await page.getByRole('radio', { name: 'All' }).click();
  await page.keyboard.press('/');
  await page.keyboard.type(`${id}`);
  await rows.first().getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/jobs/${id}$`));
  await expect(page.getByRole('heading', { level: 1 })).toContainText(`${id}`);
});

test('a job that is not there is told within the page', async ({ page }) => {
  await open(page, '/jobs/999999');
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByRole('navigation').first()).toBeVisible();
});

test('a job just started is told beside the page, and goes on when that is closed', async ({ page }) => {
  await open(page, '/backups');
  await page.getByRole('button', { name: 'Back up now, opens a plan' }).click();
  await page.getByRole('dialog').locator('footer').getByRole('button', { name: /^Back up/ }).click();
  const drawer = page.getByRole('complementary', { name: /^Hot full backup/ });
  await expect(drawer).toContainText('1 of 1 done', { timeout: 30_000 });
  await page.keyboard.press('Escape');
  await expect(drawer).toBeHidden();
  await expect(page).toHaveURL(/\/backups$/);
  const newest = async () => (await get('/api/v1/jobs')).jobs[0].state;
  await expect.poll(newest).toBe('done');
});
