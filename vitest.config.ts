import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.{unit,int,e2e}.test.ts'],
    // For what hangs: a busy machine takes many times as long as a free one, and is no fault of the code.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 120_000 } },
    // Two slow cores carry the servers too.
    maxWorkers: 2,
  },
});
