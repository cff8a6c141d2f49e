import { defineConfig } from 'vitest/config';

const servers = ['test/integration/**/*.test.ts', 'test/contract/**/*.test.ts'];
const browser = ['test/browser/**/*.test.ts'];
const gates = ['test/gates/**/*.test.ts'];

/** No test may find the host's AWS account, nor ask anybody for one. */
const env = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

const setupFiles = ['test/gates/loopback-only.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...servers, ...browser, ...gates, 'test/lint-fixtures/**'],
          env,
          setupFiles,
          testTimeout: 30_000,
          // by itself it would leave one core of two to nobody
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real servers are heavy: as many files at once as the smallest machine has cores.
        test: {
          name: 'servers',
          include: servers,
          env,
          globalSetup: ['test/integration/build-dev.ts'],
          setupFiles,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One browser is work enough for a small machine, with the servers that its pages look at.
        test: {
          name: 'browser',
          include: browser,
          env,
          globalSetup: [
            'test/integration/build-dev.ts',
            'test/browser/build-page.ts',
            'test/browser/unpack-chromium.ts',
          ],
          setupFiles,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'gates',
          include: gates,
          env,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
