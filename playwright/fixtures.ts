import { type BrowserContext, type ConsoleMessage, test as base, expect } from '@playwright/test';

import { backUp, get } from './api';
import { type Role, demo, open, signIn } from './demo';

export { expect };

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;

interface Options {
  /** Who reads the pages; `null` is somebody who is not signed in. */
  role: Role | null;
}

interface Shared {
  /** The cookies of somebody who signed in with this role. */
  signedIn: (role: Role) => Promise<StorageState>;
}

/** A test whose pages are read by somebody with a role, and which fails on an error in their consoles. */
export const test = base.extend<Options, Shared>({
  role: ['admin', { option: true }],

  signedIn: [
    async ({ browser }, use) => {
      const states = new Map<Role, StorageState>();
      await use(async (role) => {
        const known = states.get(role);
        if (known) return known;
        const page = await browser.newPage({ baseURL: demo.url });
        await signIn(page, role);
        const state = await page.context().storageState();
        await page.close();
        states.set(role, state);
        return state;
      });
    },
    { scope: 'worker' },
  ],

  storageState: async ({ role, signedIn }, use) => {
    await use(role ? await signedIn(role) : undefined);
  },

  context: async ({ context }, use) => {
    const complaints: string[] = [];
    context.on('weberror', (error) => complaints.push(String(error.error())));
    context.on('console', (message) => {
      if (isComplaint(message)) complaints.push(message.text());
    });
    await use(context);
    expect(complaints, 'what the pages complained of in their consoles').toEqual([]);
  },
});

/** Panics, failed hydration and refused scripts; not what the browser says of each refused request. */
function isComplaint(message: ConsoleMessage): boolean {
  const ofRequest = /^Failed to load resource|^WebSocket connection to/;
  return ['error', 'warning'].includes(message.type()) && !ofRequest.test(message.text());
}

/** The addresses of all pages behind the sign-in, one of each kind. */
export async function everyPage(): Promise<string[]> {
  const { nodes, jobs } = await firstObjects();
  return [
    '/',
    '/nodes',
    '/nodes/add',
    `/nodes/${nodes}`,
    '/firewall',
    `/firewall/${nodes}`,
    '/lvs',
    '/vrrp',
    '/vrrp/conf',
    '/backups',
    '/jobs',
    `/jobs/${jobs}`,
    '/audit',
    '/drills',
    '/settings',
    '/nothing-is-here',
  ];
}

async function firstObjects() {
  const fleet = await get('/api/v1/fleet');
  const [known] = (await get('/api/v1/jobs')).jobs;
  return { nodes: Object.keys(fleet.nodes)[0], jobs: known?.id ?? (await backUp()) };
}

export { demo, open };
