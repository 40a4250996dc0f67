import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.{unit,int,e2e}.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two slow cores carry the servers too.
    maxWorkers: 2,
  },
});
