import type { Page } from '@playwright/test';

import { get, post } from '../api';
import { expect, test } from '../fixtures';
import { nodeNamed, openRules } from '../rules';

const NAME = 'browser-guests';

test.describe.configure({ mode: 'serial', timeout: 120_000 });

let node: number;

test.beforeAll(async () => {
  node = await nodeNamed('web-3');
});

test.afterAll(async () => {
  if (await set()) await edit(`destroy ${NAME}`);
});

test('a set is made and filled in a draft, and stays once it is kept', async ({ page }) => {
  await openRules(page, node);
  await page.getByRole('button', { name: 'New set' }).click();
  const making = page.getByRole('dialog', { name: 'New set' });
  await making.getByLabel('Name of the set').fill('two words');
  await making.getByRole('button', { name: 'Put into draft' }).click();
  await expect(making.getByText(/expected/)).toBeVisible();
  await making.getByLabel('Name of the set').fill(NAME);
  await making.getByRole('button', { name: 'Put into draft' }).click();

  const opened = page.getByRole('dialog', { name: `Set ${NAME}` });
  await opened.getByLabel('New entry').fill('198.51.100.300');
  await page.keyboard.press('Enter');
  await expect(opened.getByText(/expected a network; found 198.51.100.300/)).toBeVisible();
  await opened.getByLabel('New entry').fill('198.51.100.0/24 comment "a test"');
  await page.keyboard.press('Enter');
  await opened.getByLabel('New entry').fill('203.0.113.7');
  await page.keyboard.press('Enter');
  await expect(opened.getByRole('list', { name: 'Draft of the sets' }).getByRole('listitem')).toHaveCount(3);
  await opened.getByRole('button', { name: `Drop the edit add ${NAME} 203.0.113.7` }).click();
  await opened.locator('footer').getByRole('button', { name: 'Close' }).click();
  await expect(page.getByText('2 edits of sets wait to be applied')).toBeVisible();

  await page.reload();
  await expect(page.getByText('2 edits of sets wait to be applied')).toBeVisible();
  await apply(page);
  await page.keyboard.press('k');
  await expect.poll(async () => (await set())?.entries).toEqual(['198.51.100.0/24 comment "a test"']);
  await expect(page.getByText(/edits of sets wait/)).toHaveCount(0, { timeout: 20_000 });
});

test('an entry is taken out, and comes back when nobody keeps that', async ({ page }) => {
  await openRules(page, node);
  await page.locator(`[data-set='${NAME}']`).click();
  const opened = page.getByRole('dialog', { name: `Set ${NAME}` });
  await opened.getByRole('button', { name: /^Take 198\.51\.100\.0\/24/ }).click();
  await expect(opened.locator('tr.removed')).toHaveCount(1);
  await opened.locator('footer').getByRole('button', { name: 'Close' }).click();
  await apply(page);
  expect((await set())?.entries).toEqual([]);
  await page.keyboard.press('r');
  await expect.poll(async () => (await set())?.entries?.length, { timeout: 30_000 }).toBe(1);
  await expect(page.getByText('1 edits of sets wait to be applied')).toBeVisible();
  await page.getByRole('button', { name: 'Discard edits' }).click();
});

/** Through the plan to the window in which the edits are live. */
async function apply(page: Page) {
  await page.getByRole('button', { name: 'Apply to sets, opens a plan' }).click();
  const plan = page.getByRole('dialog');
  await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
  await plan.locator('footer .pri').click();
  await expect(page.getByRole('dialog', { name: /live on web-3/ })).toBeVisible({ timeout: 30_000 });
}

async function set(): Promise<{ entries?: string[] } | undefined> {
  const view = await get(`/api/v1/firewall/${node}`);
  return view.sets.sets[NAME];
}

async function edit(edits: string) {
  const plan = await post('/api/v1/plans', { operation: { operation: 'firewall.change_sets', node, edits } });
  const { id } = await post('/api/v1/jobs', { plan: plan.id, hash: plan.hash });
  await expect.poll(async () => (await get(`/api/v1/jobs/${id}`)).confirm_until, { timeout: 30_000 }).toBeTruthy();
  await post(`/api/v1/jobs/${id}/confirm`, {});
  await expect.poll(async () => (await get(`/api/v1/jobs/${id}`)).state, { timeout: 30_000 }).toBe('done');
}
