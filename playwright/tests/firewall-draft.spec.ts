import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { addRule, nodeNamed, openRules, put, rules } from '../rules';

/** Addresses of TEST-NET-2: nobody loses anything when they are dropped. */
const ONE = '-s 198.51.100.81/32 -j DROP';
const TWO = '-s 198.51.100.82/32 -j DROP';

test.describe.configure({ mode: 'serial', timeout: 120_000 });

let node: number;
let before: string;

test.beforeAll(async () => {
  node = await nodeNamed('web-3');
  before = await rules(node);
});

test.afterAll(async () => {
  await put(node, before);
});

test('rules are moved, edited and deleted by keyboard, and dragged', async ({ page }) => {
  await openRules(page, node);
  const first = await count(page);
  await addRule(page, ONE);
  await addRule(page, TWO);
  await expect(drafted(page)).toContainText('2 added');
  await row(page, first + 2).focus();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(row(page, first + 1)).toContainText('198.51.100.82');
  await expect(row(page, first + 1)).toBeFocused();

  await row(page, first + 1).dragTo(row(page, first + 2));
  await expect(row(page, first + 2)).toContainText('198.51.100.82');
  await row(page, first + 2).dragTo(row(page, first + 1));
  await expect(row(page, first + 1)).toContainText('198.51.100.82');
  await row(page, first + 1).focus();

  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Source')).toHaveValue('198.51.100.82/32');
  await dialog.getByLabel('Source').fill('198.51.100.83/32');
  await dialog.getByRole('button', { name: 'Put into draft' }).click();
  await expect(row(page, first + 1)).toContainText('198.51.100.83');

  await row(page, first + 1).focus();
  await page.keyboard.press('Delete');
  await expect(drafted(page)).toContainText('1 added');
  await row(page, first + 1).focus();
  await page.keyboard.press('Delete');
  await expect(drafted(page)).toHaveCount(0);
  expect(await rules(node)).toBe(before);
});

test('a chain is made, filled, renamed with what jumps there, flushed and deleted', async ({ page }) => {
  await openRules(page, node);
  await page.getByRole('button', { name: 'New chain' }).click();
  await page.getByRole('dialog').getByLabel('Name of the chain').fill('two words');
  await page.getByRole('dialog').getByRole('button', { name: 'Put into draft' }).click();
  await expect(page.getByRole('dialog')).toContainText('a name of one word');
  await page.getByRole('dialog').getByLabel('Name of the chain').fill('bad-hosts');
  await page.getByRole('dialog').getByRole('button', { name: 'Put into draft' }).click();
  await expect(page.getByRole('heading', { name: 'filter bad-hosts' })).toBeVisible();
  await expect(page.getByText('no rule enters it')).toBeVisible();
  await addRule(page, ONE);
  await chain(page, 'INPUT').click();
  await addRule(page, '-j bad-hosts');
  await chain(page, 'bad-hosts').click();
  await expect(page.getByText(/entered from INPUT/)).toBeVisible();

  await page.getByRole('button', { name: 'Rename chain' }).click();
  await page.getByRole('dialog').getByLabel('Name of the chain').fill('blocked');
  await page.getByRole('dialog').getByRole('button', { name: 'Put into draft' }).click();
  await expect(page.getByRole('heading', { name: 'filter blocked' })).toBeVisible();
  await expect(page.getByText(/entered from INPUT/)).toBeVisible();

  await page.getByRole('button', { name: 'Flush chain' }).click();
  await page.getByRole('button', { name: 'Delete chain' }).click();
  await expect(page.getByText(/refers to blocked/)).toBeVisible();
  await page.getByRole('button', { name: 'Discard draft' }).click();
});

test('a policy is turned in the draft, and the tracer says what comes of it', async ({ page }) => {
  await openRules(page, node);
  await page.getByRole('button', { name: 'Make the policy DROP' }).click();
  await expect(drafted(page)).toContainText('1 chains or policies');
  await expect(page.locator('.fw-policy')).toContainText('DROP');
  const tracer = page.locator('.fw-tracer');
  await tracer.getByLabel('From').fill('198.51.100.81');
  await expect(tracer.locator('.fw-verdict.draft')).toContainText('Dropped');
  await page.getByRole('button', { name: 'Discard draft' }).click();
});

test('a template fills the draft with what is known of the node', async ({ page }) => {
  await openRules(page, node);
  await page.getByRole('button', { name: 'Templates' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Template').selectOption({ label: 'Limit new SSH connections' });
  await expect(dialog.getByLabel('Never limit')).toHaveValue(/^198\.18\./);
  await dialog.getByLabel('Port').fill('22 -j ACCEPT');
  await expect(dialog.getByRole('alert')).toContainText('expected one word for port');
  await dialog.getByLabel('Port').fill('22');
  await expect(dialog.getByRole('alert')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Put into draft' }).click();
  await expect(drafted(page)).toContainText('2 added');
  await expect(row(page, 2)).toContainText('hashlimit');
  await expect(row(page, 1).getByTitle('Lets the console itself in')).toBeVisible();
  await page.getByRole('button', { name: 'Discard draft' }).click();
});

test('all rules go to a file and come from one, and a wrong line is pointed at', async ({ page }) => {
  await openRules(page, node);
  await addRule(page, ONE);
  await page.getByRole('button', { name: 'Edit as text' }).click();
  const dialog = page.getByRole('dialog');
  const saving = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save as file' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('web-3-iptables-legacy.rules');
  const text = await dialog.locator('textarea').inputValue();
  expect(text).toContain(ONE);

  const file = (content: string) => ({ name: 'x.rules', mimeType: 'text/plain', buffer: Buffer.from(content) });
  await dialog.locator('input[type=file]').setInputFiles(file(text.replace('-j DROP', '-j')));
  await expect(dialog.getByRole('alert')).toContainText(/Line \d+, column \d+: expected/);
  await dialog.locator('input[type=file]').setInputFiles(file(text.replace(ONE, `${ONE}\n-A INPUT ${TWO}`)));
  await dialog.getByRole('button', { name: 'Put into draft' }).click();
  await expect(drafted(page)).toContainText('2 added');
  await page.getByRole('button', { name: 'Discard draft' }).click();
});

test('a draft is carried over to rules that changed under it', async ({ page }) => {
  await openRules(page, node);
  await addRule(page, ONE);
  const other = before.includes('-A INPUT') ? before : `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n`;
  await put(node, other.replace(/^COMMIT$/m, `-A OUTPUT ${TWO.replace('-s', '-d')}\nCOMMIT`));
  await expect(page.getByText('The rules changed on the node under this draft')).toBeVisible({ timeout: 15_000 });
  await page.getByRole('button', { name: 'Rebase draft' }).click();
  await expect(page.getByText('The rules changed on the node under this draft')).toHaveCount(0);
  await expect(drafted(page)).toContainText('1 added, 0 removed');
  await page.getByRole('button', { name: 'Discard draft' }).click();
  await put(node, before);
});

test('one draft goes to more nodes, wave after wave, and all come back together', async ({ page }) => {
  const second = await nodeNamed('web-2');
  const beforeThere = await rules(second);
  await openRules(page, node);
  await addRule(page, ONE);
  await page.getByRole('button', { name: 'Apply on more nodes' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: /^Show plan/ })).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel('web-2').check();
  await expect(dialog.getByText('iptables-legacy: 1 added, 0 removed, 0 changed')).toBeVisible({ timeout: 15_000 });
  await dialog.getByRole('button', { name: 'Show plan for 2 nodes' }).click();
  const plan = page.getByRole('dialog');
  await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
  await plan.locator('footer .pri').click();

  const window = page.getByRole('dialog', { name: /live on web-3/ });
  await expect(window).toBeVisible({ timeout: 30_000 });
  await window.getByRole('button', { name: 'Go on with the next wave' }).click();
  const both = page.getByRole('dialog', { name: /live on web-3, web-2/ });
  await expect(both.getByRole('button', { name: 'Keep' })).toBeVisible({ timeout: 30_000 });
  expect(await rules(second)).toContain(ONE);
  await page.keyboard.press('r');
  await expect(both).toBeHidden({ timeout: 30_000 });
  await expect.poll(() => rules(node), { timeout: 30_000 }).toBe(before);
  await expect.poll(() => rules(second), { timeout: 30_000 }).toBe(beforeThere);
});

function drafted(page: Page) {
  return page.locator('[data-draft]');
}

function row(page: Page, place: number) {
  return page.locator(`tr[data-place='${place}']`);
}

function chain(page: Page, name: string) {
  return page.getByRole('group', { name: 'Chains of filter' }).getByRole('button', { name: new RegExp(`^${name}\\s*\\d+$`) });
}

async function count(page: Page): Promise<number> {
  return page.locator('tr[data-place]').count();
}
