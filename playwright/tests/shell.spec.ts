import { expect, test } from '@playwright/test';

test('a visitor is asked to sign in and learns nothing of the fleet', async ({ page }) => {
  const answer = await page.goto('/');
  expect(answer?.status()).toBe(200);
  await expect(page.getByRole('textbox').first()).toBeVisible();
  await expect(page.getByText('dir-a')).toHaveCount(0);
});
