import { type Page, expect } from '@playwright/test';

/** From the drawer that tells of the job just started to the job's own page. */
export async function followJob(page: Page): Promise<string> {
  const drawer = page.getByRole('complementary');
  await expect(drawer).toContainText(/\d of \d done/);
  await drawer.getByRole('link', { name: "Open the job's page" }).click();
  await expect(page).toHaveURL(/\/jobs\/\d+$/);
  await expect(drawer).toBeHidden();
  return new URL(page.url()).pathname.replace('/jobs/', '');
}

/** What the job's page says that became of it. */
export async function expectDone(page: Page) {
  await expect(page.locator('.ph .badge')).toHaveText('Done', { timeout: 75_000 });
  await expect(page.locator('.steps li:not(.done)')).toHaveCount(0);
}
