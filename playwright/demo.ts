import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

/** The running demo, as `cargo xtask demo --detach` left it. */
interface Demo {
  url: string;
  /** An API token with the role admin. */
  token: string;
  nodes: { name: string; role: string; address: string }[];
  /** The console's program and its data directory. */
  program: string;
  data: string;
}

const file = new URL('../target/demo.json', import.meta.url);

export const demo: Demo = JSON.parse(readFileSync(file, 'utf8'));
demo.url = process.env.SIGNALBOX_URL ?? demo.url;

/** The mark that a page bears once it answers to clicks. */
export const hydrated = 'body[data-hydrated]';

/** Opens a page and waits until it answers to clicks. */
export async function open(page: Page, path: string) {
  await page.goto(path);
  await page.waitForSelector(hydrated);
}

/** Signs in as a person of this role would who was given a one-time link. */
export async function signIn(page: Page, role: 'viewer' | 'operator' | 'admin' = 'admin') {
  const args = ['sign-in-link', '--account', `browser-${role}`, '--role', role];
  const link = execFileSync(demo.program, [...args, '--url', demo.url, '--data', demo.data]);
  // From another page: on the sign-in page itself the link would be a mere change of the fragment.
  await page.goto('about:blank');
  await page.goto(link.toString().trim());
  await page.waitForURL((url) => url.pathname === '/');
  await page.waitForSelector(hydrated);
}
