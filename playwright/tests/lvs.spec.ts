import { get } from '../api';
import { expect, open, test } from '../fixtures';
import { expectDone, followJob, runOperation, runPlan } from '../job';

const WEB = 'TCP 192.168.1.200:80';

test('a service is chosen by the keyboard, with what each director says of it', async ({ page }) => {
  await open(page, '/lvs');
  const list = page.getByRole('radiogroup', { name: 'Virtual services' });
  await list.getByRole('radio', { name: WEB }).click();
  await expect(page.getByRole('heading', { name: WEB })).toBeVisible();
  await expect(page.locator('[data-owner]')).toContainText('owned by keepalived');

  const servers = page.getByRole('table', { name: 'Real servers' }).getByRole('row');
  await expect(servers).toHaveCount(4);
  const directors = page.getByRole('table', { name: 'Directors side by side' }).getByRole('row');
  await expect(directors).toHaveCount(3);
  await expect(page.locator('.lvs-path.used')).toContainText('DR');

  await list.getByRole('radio', { name: WEB }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(list.getByRole('radio', { name: WEB })).toHaveAttribute('aria-checked', 'false');
  await expect(page.getByRole('heading', { name: 'TCP 192.168.1.201:3306' })).toBeVisible();
});

test('its ipvsadm commands, its connections and the settings are read', async ({ page }) => {
  await open(page, '/lvs');
  await page.getByRole('radio', { name: WEB }).click();
  await page.getByRole('button', { name: 'Show ipvsadm' }).click();
  await expect(page.locator('.lvs-commands pre')).toContainText('ipvsadm -A -t 192.168.1.200:80 -s');

  await page.getByRole('button', { name: 'Read the table' }).click();
  await expect(page.locator('[data-matched]')).toBeVisible();
  await expect(page.getByRole('table', { name: 'entries' })).toBeVisible();

  const settings = page.locator('.lvs-settings section');
  await expect(settings).toHaveCount(2);
  await expect(settings.first()).toContainText('expire_nodest_conn');
  await expect(settings.first()).toContainText(/No sync daemon|Sends|Listens/);
});

test.describe('a real server', () => {
  const server = '192.168.1.104:80';
  const weightNow = async () => {
    const { services } = await get('/api/v1/lvs/services');
    return services['tcp/192.168.1.200:80'].servers[server].weight;
  };

  test.afterAll(async () => {
    if ((await weightNow()) === 1) return;
    await runOperation({ operation: 'lvs.set_weight', service: 'tcp/192.168.1.200:80', server, weight: 1 });
  });

  test('is drained and put back, by the keyboard', async ({ page }) => {
    test.setTimeout(180_000);
    for (const [button, weight] of [['Drain', 0], ['Put back 1', 1]] as const) {
      await open(page, '/lvs');
      await page.getByRole('radio', { name: WEB }).click();
      await page.getByLabel('Drain waits at most, s').fill('5');
      const row = page.getByRole('row').filter({ hasText: server });
      await row.getByRole('button', { name: `${button}, opens a plan` }).press('Enter');
      const plan = page.getByRole('dialog').filter({ hasText: server });
      await expect(plan.locator('.interlocks li').first()).toBeVisible({ timeout: 30_000 });
      await expect(plan).toContainText(/0 block/);
      await runPlan(page, plan);
      await followJob(page);
      // Both directors reload and are measured, which takes longer than other jobs.
      await expect(page.locator('.ph .badge')).toHaveText('Done', { timeout: 75_000 });
      await expectDone(page);
      await expect.poll(weightNow).toBe(weight);
    }
  });
});

test('on a phone nothing is wider than the screen', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, '/lvs');
  await expect(page.getByRole('radio', { name: WEB })).toBeVisible();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
});

test('the page says what the API says', async ({ page }) => {
  const { services } = await get('/api/v1/lvs/services');
  await open(page, '/lvs');
  await expect(page.getByRole('radiogroup', { name: 'Virtual services' }).getByRole('radio')).toHaveCount(
    Object.keys(services).length,
  );
});

test('the path of a service is walked when somebody asks', async ({ page }) => {
  await open(page, '/lvs');
  await page.getByRole('radio', { name: WEB }).click();
  const ask = page.getByRole('button', { name: 'Why does it not work?' });
  await ask.focus();
  await page.keyboard.press('Enter');
  const walk = page.locator('.lvs-walk');
  await expect(walk.locator('li')).not.toHaveCount(0, { timeout: 20_000 });
  await expect(walk.locator('li').first()).toHaveAttribute('data-step', 'holder');
  await expect(walk.getByRole('status')).toContainText(/broken/);
});

test('what is known of the sharing is said, and how it would be proved', async ({ page }) => {
  await open(page, '/lvs');
  await page.getByRole('radio', { name: WEB }).click();
  const proof = page.locator('.lvs-proof');
  await expect(proof).toContainText(/Nobody has proved it yet|as expected|cannot be said/);
  await proof.getByRole('button', { name: 'Prove the sharing', exact: true }).focus();
  await expect(proof.getByRole('button', { name: 'Prove the sharing', exact: true })).toBeFocused();
});

test('since when a real server is in service is said, and drawn for each director', async ({ page }) => {
  await open(page, '/lvs');
  await page.getByRole('radio', { name: WEB }).click();
  const web2 = page.getByRole('table', { name: 'Real servers', exact: true }).getByRole('row').filter({ hasText: 'web-2' });
  await expect(web2).toContainText(/in the table · (seen so )?since \d\d:\d\d/);
  const drawn = page.locator('.lvs-standing').getByRole('img');
  await expect(drawn).toHaveAttribute('aria-label', /web-2 was out on dir-b for/);
});
