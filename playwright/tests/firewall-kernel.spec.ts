import { expect, test } from '../fixtures';
import { nodeNamed, openRules, rules } from '../rules';

/** The client, and the server that it asks. */
const FROM = '10.0.0.12';
const TO = '192.168.1.104';

test.describe.configure({ mode: 'serial', timeout: 120_000 });

let node: number;
let before: string;

test.beforeAll(async () => {
  node = await nodeNamed('web-3');
  before = await rules(node);
});

for (const width of [1440, 390]) {
  test(`a packet is sent for real by keyboard, and the kernel agrees, ${width} wide`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await openRules(page, node);
    const tracer = page.locator('.fw-tracer');
    await tracer.getByLabel('From').fill(FROM);
    await tracer.getByLabel('To', { exact: true }).fill(TO);
    // A port of its own, so that no trace from before is of this packet.
    await tracer.getByLabel('Port').fill(`${20_000 + (Date.now() % 40_000)}`);
    await expect(tracer).toContainText('Sends this packet from the machine');
    const send = tracer.getByRole('button', { name: 'Send it for real', exact: true });
    await send.focus();
    await page.keyboard.press('Enter');
    const told = tracer.locator('[data-kernel]');
    await expect(told).toContainText('The kernel agrees', { timeout: 30_000 });
    await expect(told).toContainText('ago');
    const table = tracer.getByRole('table');
    await expect(table).toContainText('Simulated');
    const scrolls = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(await scrolls()).toBe(false);
    // It stays with the packet, whoever asks for it again.
    await page.reload();
    await tracer.getByLabel('From').fill('198.51.100.77');
    await expect(told).toHaveCount(0);
    expect(await rules(node)).toBe(before);
  });
}

test('a packet that cannot be sent says why', async ({ page }) => {
  await openRules(page, node);
  const tracer = page.locator('.fw-tracer');
  const send = tracer.getByRole('button', { name: 'Send it for real', exact: true });
  await expect(send).toBeVisible();
  await tracer.getByLabel('State').selectOption('ESTABLISHED');
  await expect(tracer).toContainText('choose NEW');
  await expect(send).toHaveCount(0);
  await tracer.getByLabel('State').selectOption('NEW');
  await tracer.getByLabel('From').fill('198.51.100.77');
  await send.click();
  const plan = page.getByRole('dialog');
  await expect(plan).toContainText('nothing is sent under a false address');
});
