// Tests that drive the built pages in a real Chromium against the mock server.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/screens/**/*.test.ts'],
    environment: 'node',
    // A browser on a busy machine now and then does not come up in time: one second try, which is reported.
    retry: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
