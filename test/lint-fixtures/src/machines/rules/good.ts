// expects: nothing
import { invariant } from '../../errors.ts';

export const backoff = invariant;
