import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures';
import { nodeNamed, openRules } from '../rules';

/** On web-3 the bench has put as many rules into filter INPUT. */
const RULES = 10_000;
const ROUNDS = 25;
const FRAMES = 300;

test('ten thousand rules are traced and scrolled', async ({ page }) => {
  await openRules(page, await nodeNamed('web-3'));
  await expect(page.locator('table[aria-rowcount]').first()).toHaveAttribute('aria-rowcount', String(RULES + 1), { timeout: 60_000 });
  const traces = await traced(page);
  const frames = await scrolled(page);
  console.log(`\n${JSON.stringify({ rules: RULES, trace: traces, scroll: frames })}`);
});

/** From a key in the tracer's field to the steps in the document, with all that is drawn anew. */
async function traced(page: Page) {
  const took = await page.evaluate(async (rounds) => {
    const panel = document.querySelector('.fw-tracer') as HTMLElement;
    const field = panel.querySelector('input') as HTMLInputElement;
    const all: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      field.value = `198.51.100.${round + 1}`;
      const began = performance.now();
      const seen = new Promise<number>((resolve) => {
        const observer = new MutationObserver(() => {
          observer.disconnect();
          resolve(performance.now());
        });
        observer.observe(panel, { childList: true, subtree: true, characterData: true });
      });
      field.dispatchEvent(new Event('input', { bubbles: true }));
      const ended = await Promise.race([seen, new Promise<number>((resolve) => setTimeout(() => resolve(Number.NaN), 5000))]);
      all.push(ended - began);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return all;
  }, ROUNDS);
  const seen = took.filter((ms) => !Number.isNaN(ms)).sort((a, b) => a - b);
  return { rounds: seen.length, best_ms: seen[0], median_ms: seen[Math.floor(seen.length / 2)] };
}

/** A screen's height in each frame, and what stands in its middle. */
async function scrolled(page: Page) {
  return page.evaluate(async (frames) => {
    const row = document.querySelector('tr[data-place]') as HTMLElement;
    let scroller: HTMLElement | null = row;
    const scrolls = (element: HTMLElement) =>
      element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
    while (scroller && !scrolls(scroller)) scroller = scroller.parentElement;
    const area = scroller ?? document.documentElement;
    const next = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    let blank = 0;
    const gaps: number[] = [];
    let last = await next();
    for (let frame = 0; frame < frames; frame += 1) {
      area.scrollTop += 400;
      const now = await next();
      gaps.push(now - last);
      last = now;
      const box = area.getBoundingClientRect();
      const at = document.elementFromPoint(box.left + box.width / 3, box.top + box.height / 2);
      const found = at?.closest('tr');
      if (!found || found.classList.contains('block')) blank += 1;
    }
    gaps.sort((a, b) => a - b);
    return {
      frames,
      blank,
      scrolled_px: Math.round(area.scrollTop),
      median_frame_ms: gaps[Math.floor(frames / 2)],
      worst_frame_ms: gaps[frames - 1],
    };
  }, FRAMES);
}
