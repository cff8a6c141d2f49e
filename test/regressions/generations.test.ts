import { expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { roleMachine } from '../../src/machines/role.ts';
import { EMPTY_LEDGER } from '../../src/machines/rules/session-expiry.ts';
import type { PublishOutcome } from '../../src/machines/steps/publish.ts';
import { NO_MEMORY, type RoundOutcome } from '../../src/machines/steps/round.ts';
import { ManualClock } from '../../src/services/memory/index.ts';
import { turn } from '../machines/live-world.ts';
import { input, nextView, view } from '../machines/role-world.ts';

const POLL_MS = 1_000;
const LOOK_MS = 50;
const POLLS = 5;

it('makes one generation per poll interval at most, however often something ends here', async () => {
  const clock = new ManualClock();
  const { head, plan, maps } = nextView;
  if (head === null || plan === null) throw new Error('no next generation');
  let generations = 0;
  const actor = createActor(
    roleMachine.provide({
      actors: {
        poll: fromPromise(({ input: asked }) => {
          return Promise.resolve({
            kind: 'polled' as const,
            basedOn: asked.view,
            view: asked.view.head === null ? view : asked.view,
            change: 'none' as const,
            ledger: EMPTY_LEDGER,
            leader: 'me' as const,
            errors: [],
            nextInMs: POLL_MS,
            campaignInMs: 0,
          });
        }),
        round: fromPromise((): Promise<RoundOutcome> =>
          Promise.resolve({
            kind: 'rounded',
            memory: NO_MEMORY,
            cause: 'urgent',
            expelled: [],
            errors: [],
            nextInMs: POLL_MS,
          }),
        ),
        publish: fromPromise((): Promise<PublishOutcome> => {
          generations += 1;
          return Promise.resolve({
            kind: 'published',
            head,
            plan,
            maps,
            memory: NO_MEMORY,
            errors: [],
          });
        }),
      },
      delays: { joinDebounce: POLL_MS },
      actions: { report: () => {}, reportAll: () => {} },
    }),
    { input, clock },
  );
  actor.start();
  // shards that end in a row ask for a look each
  for (let step = 0; step < (POLLS * POLL_MS) / LOOK_MS; step += 1) {
    for (let settling = 0; settling < 5; settling += 1) await turn();
    clock.advance(LOOK_MS);
    actor.send({ type: 'LOOK' });
  }
  actor.stop();

  // one with each look of its own accord; one before the first of them
  expect(generations).toBeLessThanOrEqual(POLLS + 1);
  expect(generations).toBeGreaterThan(1);
});
