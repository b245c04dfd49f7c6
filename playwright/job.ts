import { type Locator, type Page, expect } from '@playwright/test';

import { get, post } from './api';

/** Runs a plan by the keyboard. Where the state changed in that moment, what is shown is a new plan, which is
 * looked at and run once more, as a person would. */
export async function runPlan(page: Page, plan: Locator) {
  const started = page.getByRole('complementary');
  await expect(async () => {
    if (await started.isVisible()) return;
    await expect(plan).toContainText(/0 block/);
    await plan.locator('footer .pri').press('Enter');
    await expect(started).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 90_000 });
}

/** The same from a script. */
export async function runOperation(operation: object) {
  let id: number | undefined;
  await expect
    .poll(
      async () => {
        const plan = await post('/api/v1/plans', { operation });
        const job = await post('/api/v1/jobs', { plan: plan.id, hash: plan.hash }).catch(() => undefined);
        return (id = job?.id);
      },
      { timeout: 60_000 },
    )
    .toBeDefined();
  await expect.poll(async () => (await get(`/api/v1/jobs/${id}`)).state, { timeout: 75_000 }).toBe('done');
}

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
