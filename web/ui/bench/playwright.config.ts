import base from '../playwright.config';

/* Measures; asserts nothing about time. See benches/README.md. */
export default { ...base, testDir: '.', testMatch: '*.bench.ts', retries: 0, timeout: 600_000 };
