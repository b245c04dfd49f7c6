import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import type { Page } from '@playwright/test';

export type Role = 'viewer' | 'operator' | 'admin';

/** The running demo, as `cargo xtask demo --detach` left it. */
interface Demo {
  url: string;
  /** An API token with the role admin. */
  token: string;
  nodes: { name: string; role: string; address: string }[];
  /** The file of the key that the nodes accept. */
  private_key: string;
  /** The console's program, the files that it serves, and its data directory. */
  program: string;
  site: string;
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

/** A link that signs an account in, once; the account is made if it is not there. */
export function signInLink(account: string, role: Role): string {
  const args = ['sign-in-link', '--account', account, '--role', role];
  const link = execFileSync(demo.program, [...args, '--url', demo.url, '--data', demo.data]);
  return link.toString().trim();
}

/** Signs in as a person of this role would who was given a one-time link. */
export async function signIn(page: Page, role: Role = 'admin') {
  await page.goto(signInLink(`browser-${role}`, role));
  await page.waitForURL((url) => url.pathname === '/');
  await page.waitForSelector(hydrated);
}
