import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { TOOL, addRule, nodeNamed, openRules, put, rules } from '../rules';

const NODE = 'web-3';
/** An address of TEST-NET-2: nobody loses anything when it is dropped. */
const RULE = '-s 198.51.100.77/32 -j DROP';

test.describe.configure({ mode: 'serial', timeout: 120_000 });

let node: number;
let before: string;

test.beforeAll(async () => {
  node = await nodeNamed(NODE);
  before = await rules(node);
});

test.afterAll(async () => {
  await put(node, before);
});

test('a table is chosen by its place in the packet flow, and the list has the same buttons', async ({ page }) => {
  await openRules(page, node);
  const nat = page.getByRole('button', { name: /^nat PREROUTING, \d+ rules$/ });
  await nat.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'nat PREROUTING' })).toBeVisible();
  await page.getByRole('button', { name: 'View as list' }).click();
  await page.getByRole('button', { name: /^filter INPUT, \d+ rules$/ }).click();
  await expect(page.getByRole('heading', { name: 'filter INPUT' })).toBeVisible();
});

test('a packet is traced as one types', async ({ page }) => {
  await openRules(page, node);
  const tracer = page.locator('.fw-tracer');
  await expect(tracer.getByText(/Accepted|Dropped|Rejected|Not known/).first()).toBeVisible();
  await tracer.getByLabel('From').fill('nobody');
  await expect(tracer).toContainText('An address of this family');
  await tracer.getByLabel('From').fill('198.51.100.77');
  await expect(tracer).not.toContainText('An address of this family');
});

test('a draft is made, traced and shown before anything changes, and survives the page', async ({ page }) => {
  await openRules(page, node);
  await addRule(page, RULE);
  await expect(page.locator('[data-draft]')).toContainText('draft: 1 added, 0 removed, 0 changed');
  const tracer = page.locator('.fw-tracer');
  await tracer.getByLabel('From').fill('198.51.100.77');
  await expect(tracer.locator('.fw-verdict.draft')).toContainText('Dropped');
  await expect(tracer.locator('.fw-verdict').first()).toContainText('Accepted');

  await page.getByRole('button', { name: 'Show diff' }).click();
  await expect(page.getByRole('dialog').locator('.added')).toContainText(RULE);
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(page.locator('[data-draft]')).toContainText('1 added');
  expect(await rules(node)).toBe(before);
  await page.getByRole('button', { name: 'Discard draft' }).click();
  await expect(page.locator('[data-draft]')).toHaveCount(0);
});

test('a wrong rule is placed by its column and is not put into the draft', async ({ page }) => {
  await openRules(page, node);
  await page.getByRole('button', { name: 'Add rule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Rule, as behind/).fill('-p tcp --dport x -j ACCEPT');
  await dialog.getByRole('button', { name: 'Put into draft' }).click();
  await expect(dialog).toContainText('Column 16');
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-draft]')).toHaveCount(0);
});

test('rules that are rolled back are gone', async ({ page }) => {
  await openRules(page, node);
  await addRule(page, RULE);
  await apply(page);
  const window = page.getByRole('dialog', { name: new RegExp(`live on ${NODE}`) });
  await expect(window).toBeVisible({ timeout: 30_000 });
  expect(await rules(node)).toContain(RULE);
  await window.getByRole('button', { name: 'Roll back now' }).click();
  await expect(window).toBeHidden({ timeout: 30_000 });
  await expect.poll(() => rules(node), { timeout: 30_000 }).toBe(before);
  // The job's drawer lies over the head's buttons.
  await page.getByRole('complementary').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Discard draft' }).click();
});

test('rules that are kept are on the node', async ({ page }) => {
  await openRules(page, node);
  await addRule(page, RULE);
  await apply(page);
  const window = page.getByRole('dialog', { name: new RegExp(`live on ${NODE}`) });
  await expect(window.getByRole('timer')).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press('k');
  await expect(window).toBeHidden({ timeout: 30_000 });
  await expect(page.getByRole('complementary').getByText(/Done|done/).first()).toBeVisible();
  expect(await rules(node)).toContain(RULE);
  // The draft is what the node has now, so there is none any more.
  await expect(page.locator('[data-draft]')).toHaveCount(0, { timeout: 15_000 });
});

test('the rules from before come back out of the history, by keys', async ({ page }) => {
  expect(await rules(node)).toContain(RULE);
  await openRules(page, node);
  await page.getByRole('button', { name: 'History', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: new RegExp(`${TOOL} on ${NODE}`) });
  const rows = dialog.locator('tbody tr');
  await expect(rows.first()).toContainText('now');
  await expect(rows.first().getByRole('link', { name: /^job \d+$/ })).toBeVisible();
  await rows.first().focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('The node has these rules');
  const draft = dialog.getByRole('button', { name: 'Make it the draft' });
  await expect(draft).toHaveAttribute('aria-disabled', 'true');
  await rows.nth(1).focus();
  await page.keyboard.press('Enter');
  await expect(dialog.locator('.removed')).toContainText(RULE);
  await draft.focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.locator('[data-draft]')).toContainText('draft: 0 added, 1 removed, 0 changed');
  await apply(page);
  const window = page.getByRole('dialog', { name: new RegExp(`live on ${NODE}`) });
  await expect(window.getByRole('timer')).toBeVisible({ timeout: 30_000 });
  await page.keyboard.press('k');
  await expect(window).toBeHidden({ timeout: 30_000 });
  expect(await rules(node)).toBe(before);
});

/** The plan may warn, e.g. that rules are not loaded at boot: then it is read and run. */
async function apply(page: Page) {
  await page.getByRole('button', { name: 'Apply draft, opens a plan' }).click();
  const plan = page.getByRole('dialog');
  await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
  await plan.getByRole('button', { name: 'Apply draft', exact: true }).or(plan.locator('footer .pri')).first().click();
}
