import type { Page } from '@playwright/test';

import { get, holder } from '../api';
import { expect, open, test } from '../fixtures';
import { expectDone, followJob, runOperation, runPlan } from '../job';
import { nodeNamed } from '../rules';

const MAIN = '/etc/keepalived/keepalived.conf';
const DIRECTORS = ['dir-a', 'dir-b'];
const SERVICE = 'virtual_server 192.168.1.200 80';
const SERVER = 'real_server 192.168.1.104 80';

test.describe.configure({ mode: 'serial', timeout: 120_000 });

let before: Record<string, string>;

test.beforeAll(async () => {
  before = Object.fromEntries(await Promise.all(DIRECTORS.map(async (name) => [name, (await main(name)).text])));
});

test.afterAll(async () => {
  const nodes = [];
  for (const name of DIRECTORS) {
    const { text, digest } = await main(name);
    if (text !== before[name]) {
      nodes.push({ node: await nodeNamed(name), files: [{ path: MAIN, base: digest, text: before[name] }] });
    }
  }
  if (nodes.length === 0) return;
  await runOperation({ operation: 'vrrp.deploy', nodes });
});

test('a weight is changed in the form of both files, by keyboard, and deployed', async ({ page }) => {
  const held = await holder('VI_WEB');
  await openConf(page);
  for (const name of DIRECTORS) {
    await choose(page, name);
    await unfold(page, SERVICE);
    await unfold(page, SERVER);
    const weight = page.getByLabel('weight 1').first();
    await weight.fill('7');
    await weight.press('Enter');
    await expect(page.getByText(name === 'dir-a' ? 'Files edited: 1' : 'Files edited: 2')).toBeVisible();
    if (name === 'dir-a') {
      await expect(differences(page).getByRole('row').filter({ hasText: 'weight' })).toContainText('look at this');
    }
  }
  await expect(differences(page).getByText('look at this')).toHaveCount(0);

  await page.getByRole('button', { name: 'Deploy to dir-a, dir-b, opens a plan' }).click();
  const plan = page.getByRole('dialog', { name: /Deploy keepalived\.conf/ });
  await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
  await expect(plan).toContainText(/0 block/);
  await expect(plan).not.toContainText('lab-51');
  await runPlan(page, plan);
  await followJob(page);
  await expectDone(page);
  for (const name of DIRECTORS) {
    expect((await main(name)).text).toBe(before[name].replace(`${SERVER} {\n        weight 1`, `${SERVER} {\n        weight 7`));
  }
  expect(await holder('VI_WEB'), 'the address stays').toBe(held);
});

test('what is wrong in the text is told as one types, and edits are discarded', async ({ page }) => {
  await openConf(page);
  await choose(page, 'dir-b');
  await page.getByRole('radio', { name: 'Text' }).click();
  const text = page.getByLabel(MAIN);
  await expect(text).toHaveValue(/auth_pass kept-[0-9a-f]+/);
  await text.fill((await text.inputValue()).replace('virtual_router_id 51', 'virtual_router_id 300'));
  await expect(page.getByRole('listitem').filter({ hasText: '300' })).toBeVisible();
  await page.getByRole('button', { name: 'Discard edits' }).click();
  await expect(page.getByText('Nothing is edited')).toBeVisible();
  await expect(text).toHaveValue(/virtual_router_id 51/);
});

test('a pair is made by a form, which tells what is wrong, and planned on nodes without one', async ({ page }) => {
  await openConf(page);
  await page.getByRole('button', { name: 'New instance' }).click();
  const form = page.getByRole('dialog', { name: 'New instance' });
  await form.getByLabel('Name').fill('VI NEW');
  await form.getByLabel('Addresses that move').fill('192.168.1.300');
  await form.getByRole('button', { name: 'Put into both files' }).click();
  await expect(form.getByText('such as VI_WEB')).toBeVisible();
  await expect(form.getByText('found “192.168.1.300”')).toBeVisible();
  await expect(form.getByText('Choose the interface')).toHaveCount(2);

  await form.getByLabel('Name').fill('VI_NEW');
  await form.getByLabel('Addresses that move').fill('192.168.1.216/24');
  for (const [at, name] of ['db-2', 'db-3'].entries()) {
    const director = form.getByRole('group', { name: `Director ${at + 1}` });
    await director.getByLabel('Node').selectOption(name);
    await expect(director.getByLabel('Interface')).toHaveValue('eth0');
  }
  await form.getByRole('button', { name: 'Add a virtual service' }).click();
  await form.getByLabel('Real servers').fill('192.168.1.102:80 2\n192.168.1.103:80');
  // On a busy machine the files of both may not be read yet, which the form tells.
  await expect(async () => {
    if (await form.isHidden()) return;
    await form.getByRole('button', { name: 'Put into both files' }).press('Enter');
    await expect(form).toBeHidden({ timeout: 2_000 });
  }).toPass({ timeout: 60_000 });
  await expect(page.getByText('Files edited: 4')).toBeVisible();
  await choose(page, 'db-2 keepalived.conf');
  await page.getByRole('radio', { name: 'Text' }).click();
  await expect(page.getByLabel(MAIN)).toHaveValue(/vrrp_instance VI_NEW \{\n {4}state MASTER\n {4}interface eth0/);

  await page.getByRole('button', { name: 'Deploy to db-2, db-3, opens a plan' }).click();
  const plan = page.getByRole('dialog', { name: /Deploy keepalived\.conf/ });
  await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
  await expect(plan).toContainText('will be started, now and at each boot');
});

test('a phone reads the files and has no button that deploys', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openConf(page);
  await expect(page.getByText(SERVICE)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Deploy/ })).toBeHidden();
});

async function openConf(page: Page) {
  await open(page, '/vrrp');
  await page.getByRole('link', { name: 'Edit configuration' }).click();
  await expect(page.getByRole('radio', { name: /^dir-b/ })).toBeVisible({ timeout: 30_000 });
}

async function choose(page: Page, name: string) {
  await page.getByRole('radio', { name: new RegExp(`^${name}`) }).click();
}

async function unfold(page: Page, block: string) {
  const button = page.getByRole('button', { name: block, exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(button).toHaveAttribute('aria-expanded', 'true');
}

function differences(page: Page) {
  return page.locator('section', { hasText: 'What the directors do differently' }).last();
}

async function main(name: string): Promise<{ text: string; digest: string }> {
  const view = await get(`/api/v1/vrrp/conf/${await nodeNamed(name)}`);
  return view.files[MAIN];
}
