import { defineConfig } from '@playwright/test';

import { demo } from './demo';

/** Debian's Chromium, with nothing that calls home. */
export const chromium = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export default defineConfig({
  testDir: 'tests',
  globalSetup: './somebody.ts',
  // The tests share one console and one fleet, and some of them change it.
  workers: 1,
  retries: 0,
  timeout: 120_000,
  // A plan is made from what several machines answer, which share two processors with other tests.
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    baseURL: demo.url,
    launchOptions: chromium,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});
