import type { Page } from '@playwright/test';

import { expect, open, test } from '../fixtures';

test('everything to a plan and back is reached by keyboard alone', async ({ page }) => {
  await open(page, '/');
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('VRRP');

  const lock = page.getByRole('button', { name: /^Hand over to .*, opens a plan$/ }).first();
  await tabTo(page, lock);
  await page.keyboard.press('Enter');
  const plan = page.getByRole('dialog');
  await expect(plan.locator('.plan-list')).toBeVisible();
  const run = plan.locator('footer').getByRole('button').last();
  await expect(run).not.toHaveAttribute('aria-disabled');

  await test.step('focus stays in the dialog both ways', async () => {
    const inside = () => plan.evaluate((dialog) => dialog.contains(document.activeElement));
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let presses = 0; presses < 12; presses++) {
        await page.keyboard.press(key);
        expect(await inside(), `after ${presses + 1} × ${key}`).toBe(true);
      }
    }
  });

  await test.step('it stays where it is while the plan is made anew', async () => {
    await tabTo(page, run);
    const made = await plan.locator('header time').getAttribute('datetime');
    await expect(plan.locator('header time')).not.toHaveAttribute('datetime', made ?? '');
    await expect(run).toBeFocused();
  });

  await page.keyboard.press('Escape');
  await expect(plan).toBeHidden();
  await expect(lock).toBeFocused();
});

test('the skip link leads past the navigation', async ({ page }) => {
  await open(page, '/nodes');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the page' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.locator('main :focus')).toHaveCount(1);
});

test('F6 goes round the regions, and the strip is one stop that arrows walk', async ({ page }) => {
  await open(page, '/');
  const region = () => page.evaluate(() => document.activeElement?.getAttribute('data-region'));
  const visited: (string | null | undefined)[] = [];
  for (let presses = 0; presses < 3; presses++) {
    await page.keyboard.press('F6');
    visited.push(await region());
  }
  expect([...visited].sort()).toEqual(['main', 'nav', 'top']);
  await page.keyboard.press('F6');
  expect(await region()).toBe(visited[0]);

  const lamps = page.getByRole('toolbar', { name: 'Fleet' }).first().getByRole('link');
  await lamps.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(lamps.nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(lamps.last()).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Search or run a command' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  const name = (await lamps.last().getAttribute('aria-label'))?.split(',')[0];
  await expect(lamps.last()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name ?? '');
});

test('arrows walk the stations of a diagram', async ({ page }) => {
  for (const [path, drawing] of [
    ['/', '.track'],
    ['/vrrp', '.vrrp-diagram'],
  ]) {
    await open(page, path);
    const stations = page.locator(drawing).first().locator('svg a');
    await stations.first().focus();
    await page.keyboard.press('ArrowRight');
    await expect(stations.nth(1)).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await expect(stations.first()).toBeFocused();
  }
});

test('? lists the shortcuts, which letters in a field do not trigger', async ({ page }) => {
  await open(page, '/nodes');
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(help).toContainText('Filter the list');
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();
  await page.keyboard.press('/');
  await page.keyboard.type('gv?');
  await expect(page.getByRole('textbox', { name: 'Filter' })).toHaveValue('gv?');
  await expect(help).toBeHidden();
  await expect(page).toHaveURL(/\/nodes$/);
});

test('the palette finds pages, nodes and actions, and gives focus back', async ({ page }) => {
  await open(page, '/audit');
  const search = page.getByRole('button', { name: 'Search or run a command' });
  await search.focus();
  await page.keyboard.press('Control+k');
  const field = page.getByRole('combobox');
  await expect(field).toBeFocused();
  await field.fill('@ web-2');
  await expect(page.getByRole('option')).toHaveText(/web-2/);
  await field.fill('> hand');
  await expect(page.getByRole('option')).toHaveCount(2);
  await field.fill('');
  await page.keyboard.press('ArrowUp');
  const last = page.getByRole('option').last();
  await expect(last).toHaveAttribute('aria-selected', 'true');
  await expect(last, 'the chosen row is in sight').toBeInViewport({ ratio: 1 });
  await field.fill('no such thing');
  await expect(page.getByText('Nothing matches no such thing')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(search).toBeFocused();
  await page.keyboard.press('Control+k');
  await field.fill('settings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings');
});

test('the other language and theme are one click away and are kept', async ({ page }) => {
  await open(page, '/vrrp');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.getByRole('button', { name: '切换到中文' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page, 'the page stays').toHaveURL(/\/vrrp$/);
  await page.waitForSelector('body[data-hydrated]');
  await page.getByRole('button', { name: '切换到浅色主题' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

/** Presses Tab until the element has focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: ReturnType<Page['locator']>) {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(target, 'reached by Tab').toBeFocused();
}
