import { get } from '../api';
import { demo, expect, open, test } from '../fixtures';

test('every node is listed with its state, and the list can be narrowed', async ({ page }) => {
  await open(page, '/nodes');
  const table = page.getByRole('table', { name: 'Nodes' });
  for (const { name } of demo.nodes) {
    await expect(table.getByRole('link', { name, exact: true })).toBeVisible();
  }
  await page.keyboard.press('/');
  await page.keyboard.type('web debian');
  await expect(table.getByRole('link')).toHaveText(['web-1', 'web-2', 'web-3']);
  await page.getByRole('textbox', { name: 'Filter' }).fill('nothing is called so');
  await expect(page.getByText('No node matches')).toBeVisible();
});

test('a node tells how it is, what runs there, and how it is reached', async ({ page }) => {
  await open(page, '/nodes');
  await page.getByRole('link', { name: 'db-1', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('db-1');
  const plate = (name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name, exact: true }) });
  await expect(plate('Vitals').locator('.figure')).toHaveCount(6);
  await expect(plate('Vitals')).toContainText(/\d+ %/);
  await expect(plate('Services').getByRole('row', { name: /mariadb/ })).toContainText('active');
  await expect(plate('How Signalbox reaches it')).toContainText('connected');
  await expect(plate('Wrong on this node')).toBeVisible();
});

test('tags are saved and found', async ({ page }) => {
  const { nodes } = await get('/api/v1/fleet');
  const web = Object.values(nodes as Record<string, { id: number; name: string }>).find(
    (node) => node.name === 'web-3',
  );
  await open(page, `/nodes/${web?.id}`);
  const edit = async (tags: string) => {
    await page.getByRole('button', { name: 'Edit tags' }).click();
    const dialog = page.getByRole('dialog', { name: 'Tags of web-3' });
    await dialog.getByRole('textbox').fill(tags);
    await dialog.getByRole('button', { name: 'Save tags' }).click();
    await expect(dialog).toBeHidden();
  };
  await edit('real-server rack-4');
  await expect(page.getByRole('status').filter({ hasText: 'Tags of web-3 are saved' })).toBeVisible();
  await expect(page.locator('.ph .tag')).toHaveText(['real-server', 'rack-4']);
  await edit('real-server');
  await expect(page.locator('.ph .tag')).toHaveText(['real-server']);
});

test('removing a node is asked first', async ({ page }) => {
  const { nodes } = await get('/api/v1/fleet');
  await open(page, `/nodes/${Object.keys(nodes)[0]}`);
  await page.getByRole('button', { name: 'Remove' }).click();
  const dialog = page.getByRole('dialog', { name: /^Remove / });
  await expect(dialog).toContainText('Nothing changes on the machine');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Remove' })).toBeFocused();
});

test('a machine that does not answer is told, and nothing is added', async ({ page }) => {
  await open(page, '/nodes/add');
  await page.getByLabel('Address', { exact: true }).fill('127.0.0.1');
  await page.getByLabel('Port').fill('1');
  await page.getByRole('textbox', { name: 'Private key' }).fill('not sent anywhere');
  await page.getByRole('button', { name: 'Read its host key' }).click();
  await expect(page.getByRole('alert')).toContainText('127.0.0.1');
  await expect(page.getByRole('textbox', { name: 'Private key' })).toHaveValue('not sent anywhere');
});

test.describe('a viewer', () => {
  test.use({ role: 'viewer' });

  test('cannot add, tag or remove', async ({ page }) => {
    await open(page, '/nodes');
    await expect(page.getByRole('button', { name: 'Add node' })).toHaveAttribute('aria-disabled', 'true');
    await page.getByRole('link', { name: 'db-1', exact: true }).click();
    for (const name of ['Edit tags', 'Remove']) {
      const button = page.getByRole('button', { name });
      await expect(button).toHaveAttribute('aria-disabled', 'true');
      await expect(button).toHaveAccessibleDescription(/Your role viewer/);
    }
  });
});
