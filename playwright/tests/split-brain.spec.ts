import { get, holder } from '../api';
import { expect, open, test } from '../fixtures';
import { expectDone, followJob } from '../job';
import { onNode } from '../node';

const INSTANCE = 'VI_WEB';
const RULE = 'INPUT -p 112 -j DROP';

test.describe.configure({ mode: 'serial' });

test.afterAll(() => {
  for (const director of ['dir-a', 'dir-b']) {
    onNode(director, `while iptables-legacy -D ${RULE} 2> /dev/null; do :; done`);
  }
});

test('a split brain is told, explained and ended by its own button, and the demoted one put back', async ({
  page,
}) => {
  test.setTimeout(150_000);
  const deaf = (await holder(INSTANCE)) === 'dir-a' ? 'dir-b' : 'dir-a';
  const keeps = deaf === 'dir-b' ? 'dir-a' : 'dir-b';
  await open(page, '/vrrp');
  onNode(deaf, `iptables-legacy -A ${RULE}`);

  const band = page.getByRole('alert').filter({ hasText: INSTANCE });
  await expect(band).toContainText('split brain', { timeout: 20_000 });
  const cause = page.locator('section.vrrp-cause');
  await expect(cause).toContainText(`drops the adverts of ${keeps} to ${deaf}`);
  await expect(cause).toContainText(`${deaf} drops protocol 112 in filter INPUT 1 DROP`);
  await expect(cause).toContainText('2 MAC addresses answer ARP');

  await test.step('it fits a phone', async () => {
    const size = page.viewportSize();
    await page.setViewportSize({ width: 390, height: 844 });
    await expect(band).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(390);
    if (size) await page.setViewportSize(size);
  });

  const yields = (await demoted(INSTANCE)) ?? '';
  await test.step('the button opens a plan by the keyboard', async () => {
    await band.getByRole('button', { name: `Demote ${yields} on ${INSTANCE}, opens a plan` }).focus();
    await page.keyboard.press('Enter');
    const plan = page.getByRole('dialog', { name: new RegExp(`Demote ${yields}`) });
    await expect(plan).toContainText('A third node gets the addresses');
    await expect(plan).toContainText(/\d+ pass, 0 warn, 0 block/);
    await plan.getByRole('button', { name: `Demote ${yields}`, exact: true }).click();
    await followJob(page);
    await expectDone(page);
  });

  await page.getByRole('navigation').getByRole('link', { name: 'VRRP' }).click();
  await expect(band).toBeHidden();
  await expect(cause).toBeHidden();
  onNode(deaf, `iptables-legacy -D ${RULE}`);
  await page.getByRole('button', { name: `Put ${yields} back, opens a plan` }).click();
  const plan = page.getByRole('dialog', { name: new RegExp(`Put ${yields} back`) });
  await expect(plan).toContainText(/\d+ pass, 0 warn, 0 block/);
  await plan.getByRole('button', { name: `Put ${yields} back`, exact: true }).click();
  await followJob(page);
  await expectDone(page);
});

test('an admin says what the console does by itself', async ({ page }) => {
  await open(page, '/vrrp');
  for (const [name, word] of [
    ['Automatic', 'automatic'],
    ['Ask', 'ask'],
  ]) {
    await page.getByRole('radio', { name }).click();
    await expect.poll(async () => (await get('/api/v1/vrrp/policy')).split_brain).toBe(word);
  }
});

test.describe('an operator', () => {
  test.use({ role: 'operator' });

  test('reads the policy and cannot change it', async ({ page }) => {
    await open(page, '/vrrp');
    await expect(page.locator('.vrrp-policy')).toContainText('Ask');
    await expect(page.locator('.vrrp-policy').getByRole('radio')).toHaveCount(0);
  });
});

/** The director that the console would have give the addresses up. */
async function demoted(instance: string): Promise<string | undefined> {
  const { instances } = await get('/api/v1/vrrp');
  const found = instances[instance];
  const members: { node: number; node_name: string }[] = Object.values(found.members);
  return members.find((member) => member.node === found.split?.demote)?.node_name;
}
