import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

/** `cargo xtask bench`: measurements in a browser, which print a line of JSON each. */
export default defineConfig(tests, { testDir: 'bench', timeout: 300_000, reporter: 'line' });
