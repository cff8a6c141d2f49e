import { expect, it } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { KinesumerError } from '../../src/errors.ts';
import { surveyMachine } from '../../src/machines/survey.ts';
import { ManualClock } from '../../src/services/memory/index.ts';
import { mapOf } from '../machines/group.ts';
import { turn } from '../machines/live-world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

it('lists a stream each minute beside one that cannot be listed', async () => {
  const clock = new ManualClock();
  const listed: string[] = [];
  const actor = createActor(
    surveyMachine.provide({
      actors: {
        survey: fromPromise(({ input: { stream } }) => {
          listed.push(stream);
          const error = new KinesumerError('StreamMissing', stream);
          const outcome =
            stream === 'gone'
              ? { kind: 'missing' as const, error }
              : { kind: 'surveyed' as const, changed: false, map: mapOf(1) };
          return Promise.resolve({ stream, outcome, againInMs: 2 * SECOND });
        }),
      },
      actions: { reportAll: () => {} },
      delays: { surveyPeriod: MINUTE },
    }),
    { input: { streams: [] }, clock },
  );
  actor.start();
  actor.send({ type: 'LISTER', streams: ['good', 'gone'] });
  const perMinute: number[] = [];
  let counted = 0;
  for (let minute = 0; minute < 10; minute += 1) {
    for (let passedMs = 0; passedMs < MINUTE; passedMs += SECOND) {
      await turn();
      clock.advance(SECOND);
    }
    const times = listed.filter((stream) => stream === 'good').length;
    perMinute.push(times - counted);
    counted = times;
  }
  actor.stop();

  // the first has the listing at once besides
  expect(perMinute).toEqual([2, ...Array.from({ length: 9 }, () => 1)]);
});

it('lists at once what a reader waits for, beside thirty streams that cannot be listed', async () => {
  const clock = new ManualClock();
  const listed: { readonly stream: string; readonly atMs: number }[] = [];
  const gone = Array.from({ length: 30 }, (_, n) => `gone-${n}`);
  const actor = createActor(
    surveyMachine.provide({
      actors: {
        survey: fromPromise(async ({ input: { stream } }) => {
          listed.push({ stream, atMs: clock.monotonicMs() });
          // until its answer
          await new Promise<void>((resolve) => clock.setTimeout(resolve, SECOND));
          const error = new KinesumerError('StreamMissing', stream);
          const outcome = gone.includes(stream)
            ? { kind: 'missing' as const, error }
            : { kind: 'surveyed' as const, changed: false, map: mapOf(1) };
          return { stream, outcome, againInMs: 2 * SECOND };
        }),
      },
      actions: { reportAll: () => {} },
      delays: { surveyPeriod: MINUTE },
    }),
    { input: { streams: [] }, clock },
  );
  actor.start();
  actor.send({ type: 'LISTER', streams: [...gone, 'ended'] });
  const pass = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += SECOND) {
      await turn();
      clock.advance(SECOND);
    }
    await turn();
  };
  await pass(45 * SECOND);
  const askedAtMs = clock.monotonicMs();
  actor.send({ type: 'SURVEY', stream: 'ended' });
  await pass(10 * SECOND);
  actor.stop();

  const again = listed.find(({ stream, atMs }) => stream === 'ended' && atMs >= askedAtMs);
  // behind the one that was on its way
  expect((again?.atMs ?? Infinity) - askedAtMs).toBeLessThanOrEqual(2 * SECOND);
});
