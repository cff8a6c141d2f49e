// expects: vitest(no-disabled-tests)
import { it } from 'vitest';

it.skip('never runs', () => {});
