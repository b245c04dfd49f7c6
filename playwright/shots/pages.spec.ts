import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { type Page, test } from '@playwright/test';

import { demo, open, signIn } from '../demo';

const directory = process.env.SHOTS ?? 'test-results/shots';

const widths = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

for (const language of ['en', 'zh']) {
  for (const theme of ['dark', 'light']) {
    for (const [device, viewport] of Object.entries(widths)) {
      test(`${language} ${theme} ${device}`, async ({ page }) => {
        mkdirSync(directory, { recursive: true });
        const cookie = (name: string, value: string) => ({ name, value, url: demo.url });
        await page.context().addCookies([cookie('lang', language), cookie('theme', theme)]);
        await page.setViewportSize(viewport);

        await open(page, '/sign-in');
        const variant = [device, theme, language].join('-');
        await shoot(page, 'sign-in', variant);
        await signIn(page);
        for (const address of await addresses(page)) {
          await open(page, address);
          // The second message of the socket has come by then; a shot needs no more than that.
          await page.waitForTimeout(1500);
          await shoot(page, address.slice(1).replaceAll('/', '-') || 'overview', variant);
        }
      });
    }
  }
}

/** The pages that the navigation leads to, and the first object of each that has a page of its own. */
async function addresses(page: Page): Promise<string[]> {
  const links = () =>
    page.locator('a[href^="/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href') ?? ''));
  const found = ['/'];
  const isNew = (href: string) => !found.includes(href) && !href.startsWith('/api');
  const top = (await links()).filter((href) => /^\/[a-z]+$/.test(href));
  for (const address of [...top, '/nodes', '/vrrp', '/backups', '/jobs', '/audit', '/settings']) {
    if (isNew(address)) found.push(address);
  }
  for (const address of [...found]) {
    await open(page, address);
    const inside = (await links()).find(
      (href) => href.startsWith(`${address}/`) && address !== '/' && isNew(href),
    );
    if (inside) found.push(inside);
  }
  return found;
}

async function shoot(page: Page, name: string, variant: string) {
  await page.screenshot({ path: path.join(directory, `${name}-${variant}.png`), fullPage: true });
}
