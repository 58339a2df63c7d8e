// Tests that drive the built pages in a real Chromium against the mock server.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/screens/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
