import { expect, open, test } from '../fixtures';
import { Line } from '../line';

test('each line is drawn from the clients to its real servers', async ({ page }) => {
  await open(page, '/');
  const track = page.locator('.track');
  for (const station of ['dir-a', 'dir-b', 'web-1', 'web-2', 'web-3', 'db-1', 'db-2', 'db-3']) {
    await expect(track.locator('svg a', { hasText: station }).first()).toBeVisible();
  }
  await expect(track).toContainText('192.168.1.200');
  await track.locator('svg a', { hasText: 'web-2' }).first().click();
  await expect(page).toHaveURL(/\/nodes\/\d+$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('web-2');
});

test('in the narrowest window that is drawn for, all of it is in sight', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await open(page, '/');
  for (const station of ['web-3', 'db-3']) {
    const drawn = page.locator('.track svg a', { hasText: station }).first();
    await expect(drawn).toBeInViewport({ ratio: 1 });
  }
  await expect(page.getByRole('button', { name: 'Back up now', exact: true })).toBeInViewport({ ratio: 1 });
});

test('the same facts are a list', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('radio', { name: 'View as list' }).click();
  const list = page.locator('.lines-list');
  await expect(list.getByRole('heading', { name: /192\.168\.1\.200:80/ })).toBeVisible();
  await expect(list.getByRole('link', { name: 'web-1 192.168.1.102' })).toBeVisible();
  await expect(list.getByText('holds the address')).toHaveCount(2);
  await expect(list.getByRole('button', { name: /^Hand over to/, exact: false })).not.toHaveCount(0);
});

test('a silent network makes the page stale, and its return makes it live again', async ({ page }) => {
  const line = await Line.of(page);
  await open(page, '/');
  const live = page.locator('[data-live]');
  const handOver = page.getByRole('button', { name: /^Hand over to dir-.$/ }).first();
  await expect(live).toHaveAttribute('data-live', 'live');
  await expect(handOver).not.toHaveAttribute('aria-disabled');
  await page.evaluate(() => Object.assign(window, { loadedOnce: true }));

  line.cut();
  await expect(live).toHaveText(/Reconnecting/, { timeout: 5_000 });
  await expect(live).toHaveText(/Stale since \d\d:\d\d:\d\d/, { timeout: 10_000 });

  await test.step('nothing looks like news, and nothing can be run', async () => {
    await expect(page.getByRole('alert')).toContainText('Stale since');
    await expect(page.locator('.track .tk-stale')).not.toHaveCount(0);
    await expect(page.locator('.track .tk-core')).toHaveCount(0);
    const lit = page.locator('.strip a:not([aria-label$=unknown])');
    await expect(lit).toHaveCount(0);
    // Events are told as they were.
    const lamps = page.locator('.plate:not(.overview-events) svg.lamp[role=img]');
    await expect(lamps).not.toHaveCount(0);
    await expect(lamps.and(page.locator(':not([aria-label=unknown])'))).toHaveCount(0);
    await expect(handOver).toHaveAttribute('aria-disabled', 'true');
    await expect(handOver).toHaveAccessibleDescription(/Plans need data younger than 10 s/);
  });

  await test.step('reading works', async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Nodes' }).click();
    await expect(page.getByRole('link', { name: 'web-1', exact: true })).toBeVisible();
  });

  line.restore();
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect(live).toHaveAttribute('data-live', 'live');
  await expect(page.getByText('Stale since')).toHaveCount(0);
  await expect(page.locator('.strip a[aria-label$=clear]')).not.toHaveCount(0);
  expect(await page.evaluate(() => 'loadedOnce' in window), 'the page was not loaded anew').toBe(true);
});

test.describe('a viewer', () => {
  test.use({ role: 'viewer' });

  test('reads everything and runs nothing, and is told why', async ({ page }) => {
    await open(page, '/');
    for (const name of [/^Hand over to dir-.$/, /^Back up now$/]) {
      const button = page.getByRole('button', { name }).first();
      await expect(button).toHaveAttribute('aria-disabled', 'true');
      await expect(button).toHaveAccessibleDescription(/Your role viewer may read this, not run it/);
      // By force: Playwright itself keeps off what says that it is disabled.
      await button.click({ force: true });
    }
    await expect(page).toHaveURL('/');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
});
