import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { type Page, test } from '@playwright/test';

import { demo, open, signIn } from '../demo';
import { Line } from '../line';

const directory = process.env.SHOTS ?? 'test-results/shots';

const widths = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/** What a page looks like while something happens: a plan is read, a job runs, the line is cut. */
for (const [language, theme, device] of [
  ['en', 'dark', 'desktop'],
  ['zh', 'light', 'desktop'],
  ['zh', 'dark', 'phone'],
] as const) {
  test(`${language} ${theme} ${device}`, async ({ page }) => {
    mkdirSync(directory, { recursive: true });
    const shoot = (name: string) => {
      const file = `state-${name}-${device}-${theme}-${language}.png`;
      return page.screenshot({ path: path.join(directory, file) });
    };
    const cookie = (name: string, value: string) => ({ name, value, url: demo.url });
    await page.context().addCookies([cookie('lang', language), cookie('theme', theme)]);
    await page.setViewportSize(widths[device]);
    const line = await Line.of(page);
    await signIn(page);

    await open(page, '/vrrp');
    await page.locator('.vrrp-points .plh button').first().click();
    await page.locator('[role=dialog] .interlocks').waitFor();
    await page.waitForTimeout(2500);
    await shoot('plan');
    await page.locator('[role=dialog] footer button').last().click();
    await page.waitForTimeout(1500);
    await shoot('drawer');
    await openJob(page);
    await page.waitForTimeout(2500);
    await shoot('job-running');
    await page.locator('.ph .badge').filter({ hasText: /^(Done|完成|已完成)$/ }).waitFor({ timeout: 60_000 });
    await page.waitForTimeout(2500);
    await shoot('job-done');

    await open(page, '/');
    await page.keyboard.press('Control+k');
    await page.waitForTimeout(500);
    await shoot('palette');
    await page.keyboard.press('Escape');
    line.cut();
    await page.waitForTimeout(4500);
    await shoot('reconnecting');
    await page.waitForTimeout(7000);
    await shoot('stale');
  });
}

async function openJob(page: Page) {
  const link = page.getByRole('complementary').locator('a[href^="/jobs/"]').first();
  await link.click();
  await page.waitForURL(/\/jobs\/\d+$/);
}
