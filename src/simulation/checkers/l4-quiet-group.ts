import { headWritesOf, type Checker } from './evidence.ts';

/** How long before the end a group that was left in peace must have come to rest. */
const REST_MS = 10_000;

/** L4: no generation without a cause: a group at rest publishes nothing. */
export const quietGroup: Checker = (evidence) =>
  headWritesOf(evidence)
    .filter(({ event }) => event.atMs > evidence.endMs - REST_MS)
    .map(({ event, generation }) => ({
      invariant: 'L4',
      order: event.order,
      message: `generation ${generation} by ${event.process}, without a cause`,
    }));
