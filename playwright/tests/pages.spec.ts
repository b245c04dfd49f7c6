import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';

import { demo, everyPage, expect, open, test } from '../fixtures';

// What holds on every page, whatever it is for.

/** Where the console's own words are, rather than what systems said. */
const TEXTS =
  'nav a span, h1, h2, h3, th, dt, label, .label, .cap, .btn, .seg button, .badge';

const STANDARD = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

test.describe.configure({ timeout: 240_000 });

test('nothing is in the way of assistive technology, in either theme', async ({ page }) => {
  for (const path of [...(await everyPage()), '/sign-in']) {
    await test.step(path, async () => {
      await open(page, path);
      await expectAccessible(page);
    });
  }
  await test.step('over a page', async () => {
    await open(page, '/vrrp');
    await page.getByRole('button', { name: /, opens a plan$/ }).first().click();
    await expect(page.locator('.plan-list')).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or run a command' }).fill('d');
    await expectAccessible(page);
  });
});

test('everything is told in Chinese', async ({ page }) => {
  await prefer(page, { lang: 'zh' });
  for (const path of [...(await everyPage()), '/sign-in']) {
    await test.step(path, async () => {
      await open(page, path);
      await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
      const english = (await page.locator(TEXTS).allInnerTexts()).filter(isEnglish);
      expect.soft(english).toEqual([]);
    });
  }
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true });

  test('no page is wider than the screen, and fingers hit every button', async ({ page }) => {
    for (const path of [...(await everyPage()), '/sign-in']) {
      await test.step(path, async () => {
        await open(page, path);
        expect.soft(await tooWide(page), path).toEqual([]);
        expect.soft(await tooSmall(page), path).toEqual([]);
      });
    }
  });

  test('the bar below leads round', async ({ page }) => {
    await open(page, '/');
    const bar = page.locator('nav.bottom');
    for (const [name, heading] of [
      ['Nodes', 'Nodes'],
      ['VRRP', 'VRRP'],
      ['Jobs', 'Jobs'],
      ['Overview', 'Overview'],
    ]) {
      await bar.getByRole('link', { name }).tap();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      await expect(bar.getByRole('link', { name })).toHaveAttribute('aria-current', 'page');
    }
    await bar.getByRole('button', { name: 'More' }).tap();
    await page.getByRole('option', { name: /^Audit/ }).tap();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit');
  });

  test('a plan fills the screen, and all of it can be read', async ({ page }) => {
    await open(page, '/vrrp');
    await page.getByRole('button', { name: /, opens a plan$/ }).first().tap();
    const plan = page.getByRole('dialog');
    await expect(plan.locator('.plan-list')).toBeAttached();
    await expect(plan).toHaveCSS('animation-name', 'rise');
    await plan.evaluate((dialog) => Promise.all(dialog.getAnimations().map((a) => a.finished)));
    expect(await plan.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
    await plan.locator('.plan-list li').last().scrollIntoViewIfNeeded();
    await expect(plan.locator('.plan-list li').last()).toBeInViewport();
    await expect(plan.locator('footer').getByRole('button').last()).toBeInViewport({ ratio: 1 });
    expect(await tooSmall(page)).toEqual([]);
  });
});

async function prefer(page: Page, choices: Record<string, string>) {
  const cookies = Object.entries(choices).map(([name, value]) => ({ name, value, url: demo.url }));
  await page.context().addCookies(cookies);
}

async function expectAccessible(page: Page) {
  const complaints = async (axe: AxeBuilder) => {
    // A colour on its way to another one has no contrast worth measuring.
    await page.evaluate(() => {
      const ends = (a: Animation) => a.effect?.getTiming().iterations !== Infinity;
      const passing = document.getAnimations().filter(ends);
      return Promise.all(passing.map((animation) => animation.finished));
    });
    const { violations } = await axe.analyze();
    const told = (id: string, node: { html: string; any: { message: string }[] }) =>
      `${id}: ${node.html} ${node.any[0]?.message ?? ''}`;
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
  };
  expect.soft(await complaints(new AxeBuilder({ page }).withTags(STANDARD))).toEqual([]);
  // The other theme differs in nothing but colours.
  await page.evaluate(() => {
    const { dataset } = document.documentElement;
    dataset.theme = dataset.theme === 'dark' ? 'light' : 'dark';
  });
  expect.soft(await complaints(new AxeBuilder({ page }).withRules(['color-contrast']))).toEqual([]);
}

/** Whether a text has words of neither Chinese nor of names that are the same in every language. */
function isEnglish(text: string): boolean {
  const words =
    /VRRP|VRID|IPVS|LVS|OpenSSH|SSH|SHA-256|SQL|API|CPU|IP|ID|GTID|Signalbox|MariaDB|HTTPS?|TCP|UTC|HH:MM|sudo|Ctrl/g;
  const ofIptables =
    /\b(ip6?tables(-\w+)?|nft|raw|mangle|nat|filter|security|(PRE|POST)ROUTING|INPUT|FORWARD|OUTPUT|ACCEPT|DROP)\b/g;
  // Settings of the kernel have an underscore in their names.
  const ofIpvs = /\b(NAT|DR|TUN|ipvsadm|keepalived(\.conf)?|conntrack|[a-z]+(_[a-z]+)+)\b/g;
  const ofTheFleet = /VI_[A-Z]+|[\w.-]*\.(service|socket|timer)/g;
  const known = demo.nodes.reduce((rest, { name }) => rest.replaceAll(name, ''), text);
  return /[A-Za-z]{2,}/.test(known.replaceAll(ofTheFleet, '').replaceAll(ofIptables, '').replaceAll(ofIpvs, '').replaceAll(words, ''));
}

/** What makes the page itself scroll sideways. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const frames = [document.documentElement, document.querySelector('.main')];
    const wide = frames.filter((frame) => frame && frame.scrollWidth > frame.clientWidth);
    if (wide.length === 0) return [];
    const isClipped = (element: Element | null): boolean =>
      !!element && !frames.includes(element) && (getComputedStyle(element).overflowX !== 'visible' || isClipped(element.parentElement));
    const outside = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > innerWidth + 1 && !isClipped(element.parentElement),
    );
    return outside.slice(0, 5).map((element) => element.outerHTML.slice(0, 120));
  });
}

/** Controls that are lower or narrower than 44 px; links within text and lamps of the strip are read, too. */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const kinds = 'button, a.btn, input, select, textarea, summary, .bottom a';
    const controls = document.querySelectorAll(kinds);
    const small = [...controls].filter((control) => {
      const { width, height } = control.getBoundingClientRect();
      const shown = width > 0 && height > 0;
      // A box within its label is hit by its label.
      const target = (control.closest('label') ?? control).getBoundingClientRect();
      return shown && Math.min(Math.ceil(target.width), Math.ceil(target.height)) < 44;
    });
    return small.map((control) => {
      const { width, height } = control.getBoundingClientRect();
      return `${Math.round(width)}×${Math.round(height)} ${control.outerHTML.slice(0, 120)}`;
    });
  });
}
