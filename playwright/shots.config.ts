import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

/** `npm run shots`: every page as a picture, for looking at beside its design. */
export default defineConfig(tests, { testDir: 'shots', timeout: 300_000 });
