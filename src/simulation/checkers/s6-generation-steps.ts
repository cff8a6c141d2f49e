import { headWritesOf, type Checker } from './evidence.ts';

/** S6: the generation grows by one with each publish. */
export const generationSteps: Checker = (evidence) =>
  headWritesOf(evidence).flatMap(({ event, before, generation }) =>
    generation === before + 1
      ? []
      : [
          {
            invariant: 'S6',
            order: event.order,
            message: `generation ${before} -> ${generation} by ${event.process}`,
          },
        ],
  );
