import type { Page } from '@playwright/test';

import { get, post } from './api';
import { expect, open } from './fixtures';

export const TOOL = 'iptables-legacy';

export async function nodeNamed(name: string): Promise<number> {
  const { nodes } = await get('/api/v1/fleet');
  const found = Object.entries<{ name: string }>(nodes).find(([, other]) => other.name === name);
  return Number(found?.[0]);
}

/** The chain filter INPUT of a node's legacy rules. */
export async function openRules(page: Page, node: number) {
  await open(page, `/firewall/${node}`);
  await page.getByLabel('Which iptables').selectOption(TOOL);
  await page.getByRole('button', { name: /^filter INPUT, \d+ rules$/ }).click();
}

export async function addRule(page: Page, rule: string) {
  await page.getByRole('button', { name: /^(Add rule|Insert before)/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(/^Rule, as behind/).fill(rule);
  await dialog.getByRole('button', { name: 'Put into draft' }).click();
  await expect(dialog).toBeHidden();
}

export async function rules(node: number): Promise<string> {
  const view = await get(`/api/v1/firewall/${node}`);
  return view.rulesets[TOOL].text;
}

/** Puts rules on the node as the page would: planned, run and kept. */
export async function put(node: number, text: string) {
  if ((await rules(node)) === text) return;
  const operation = { operation: 'firewall.apply', node, tool: TOOL, rules: text };
  const plan = await post('/api/v1/plans', { operation });
  const { id } = await post('/api/v1/jobs', { plan: plan.id, hash: plan.hash });
  const waits = async () => (await get(`/api/v1/jobs/${id}`)).confirm_until;
  await expect.poll(waits, { timeout: 30_000 }).toBeTruthy();
  await post(`/api/v1/jobs/${id}/confirm`, {});
  const state = async () => (await get(`/api/v1/jobs/${id}`)).state;
  await expect.poll(state, { timeout: 30_000 }).toBe('done');
}
