import type { Page } from '@playwright/test';

import { get, holder } from '../api';
import { expect, open, test } from '../fixtures';
import { expectDone, followJob, runPlan } from '../job';

test.describe.configure({ mode: 'serial' });

test('a drill is planned, run, measured and reported', async ({ page }) => {
  const held = await holder('VI_WEB');
  await open(page, '/drills');
  await page.getByLabel('Of').selectOption('VI_WEB');
  await row(page, 'keepalived killed').getByRole('button', { name: 'Run, opens a plan' }).press('Enter');
  const plan = page.getByRole('dialog', { name: `Drill of VI_WEB on ${held}: keepalived killed` });
  await expect(plan.locator('.plan-list')).toContainText('a timer there starts it after');
  await runPlan(page, plan);
  const job = await followJob(page);
  await expectDone(page);
  expect(await holder('VI_WEB')).toBe(held);

  await page.getByRole('navigation').getByRole('link', { name: 'Drills' }).press('Enter');
  const report = page.getByRole('table', { name: 'Reports' }).getByRole('row').nth(1);
  await expect(report).toContainText('keepalived killed');
  await expect(report.getByRole('link', { name: job })).toBeVisible();
  const { measurement } = await get(`/api/v1/jobs/${job}`);
  await expect(report).toContainText(`${measurement.lost} of ${measurement.asked} lost, ${measurement.outage_ms} ms`);
  await expect(report).toContainText('as expected');
});

test('a drill is scheduled and unscheduled', async ({ page }) => {
  await open(page, '/drills');
  await page.getByLabel('Of').selectOption('VI_DB');
  const drill = row(page, 'Hand-over and back');
  await page.getByLabel('Every so many days').fill('0');
  await expect(drill.getByRole('button', { name: 'Schedule' })).toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel('Every so many days').fill('30');
  await page.getByLabel('At (UTC)').fill('04:30');
  await drill.getByRole('button', { name: 'Schedule' }).press('Enter');
  await expect(drill).toContainText('every 30 d at 04:30 UTC');
  await drill.getByRole('button', { name: 'Unschedule' }).press('Enter');
  await expect(drill.getByRole('button', { name: 'Schedule', exact: true })).toBeVisible();
});

function row(page: Page, name: string) {
  return page.getByRole('table', { name: 'Drills' }).getByRole('row').filter({ hasText: name });
}
