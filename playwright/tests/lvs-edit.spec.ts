import type { Page } from '@playwright/test';

import { get } from '../api';
import { expect, open, test } from '../fixtures';
import { expectDone, followJob, runOperation, runPlan } from '../job';
import { onNode } from '../node';

const SERVICE = 'TCP 192.168.1.200:8085';
const ID = 'tcp/192.168.1.200:8085';
const DIRECTORS = ['dir-a', 'dir-b'];

/** As ipvsadm prints the service on each director; undefined where it has none. */
const listed = () =>
  DIRECTORS.map((name) => {
    const printed = onNode(name, 'ipvsadm -Sn').split('\n');
    const own = printed.filter((line) => line.includes('-t 192.168.1.200:8085'));
    return own.length > 0 ? own.join('\n') : undefined;
  });

/** Opens the plan of a button by the keyboard, looks that nothing blocks, and runs it to its end. */
async function run(page: Page, button: string) {
  await page.getByRole('button', { name: `${button}, opens a plan` }).press('Enter');
  const plan = page.getByRole('dialog').filter({ hasText: '8085' });
  await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
  await expect(plan).toContainText(/0 block/);
  await expect(plan).toContainText('ipvsadm');
  await runPlan(page, plan);
  await followJob(page);
  await expect(page.locator('.ph .badge')).toHaveText('Done', { timeout: 75_000 });
  await expectDone(page);
}

async function openEditor(page: Page) {
  await open(page, '/lvs');
  await page.getByRole('radio', { name: SERVICE }).click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
}

/** The one that was opened; what synchronises connections has its own. */
const FORM = '.lvs-edit:not(.lvs-sync)';

test.afterAll(async () => {
  const { services } = await get('/api/v1/lvs/services');
  if (!(ID in services)) return;
  await runOperation({ operation: 'lvs.change_service', service: ID, change: { do: 'delete_service' } });
});

test('a service is added, edited and deleted by the forms, on both directors alike', async ({ page }) => {
  test.setTimeout(300_000);
  await open(page, '/lvs');
  await page.getByRole('button', { name: 'Add service', exact: true }).click();
  const form = page.locator(FORM);
  await form.getByLabel('Address:port or mark').fill('192.168.1.200');
  await expect(form.locator('.lvs-wrong')).toContainText('Type an address with a port');
  await form.getByLabel('Address:port or mark').fill('192.168.1.200:8085');
  await form.getByLabel('Scheduler').selectOption('rr');
  await form.getByLabel('Real servers').fill('192.168.1.102:80 NAT 2 500/100\n192.168.1.103:80 NAT');
  await run(page, 'Add service');
  const [a, b] = listed();
  expect(a).toContain('-s rr');
  expect(a).toContain('-r 192.168.1.102:80 -m -w 2');
  const limits = onNode('dir-a', 'ipvsadm -Ln --thresholds -t 192.168.1.200:8085');
  expect(limits).toMatch(/192\.168\.1\.102:80\s+500\s+100/);
  expect(b).toBe(a);

  await openEditor(page);
  await form.getByLabel('Scheduler').selectOption('wlc');
  await form.getByLabel('Persistence, s').fill('60');
  await run(page, 'Set options');
  expect(listed()[0]).toContain('-s wlc -p 60');
  expect(listed()[1]).toBe(listed()[0]);

  await openEditor(page);
  await run(page, 'Delete service');
  expect(listed()).toEqual([undefined, undefined]);
});

test('on a phone the forms fit', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/lvs');
  await page.getByRole('button', { name: 'Add service', exact: true }).click();
  await expect(page.locator(FORM)).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
  for (const control of await page.locator(`${FORM} :is(input:not([type=checkbox]), select, textarea)`).all()) {
    expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
});
