import type { ChartState, ChartTransition } from '../../../src/feed/chart.ts';

export const to = (
  event: string,
  targets: readonly string[],
  guard: string | null = null,
): ChartTransition => ({ event, targets, guard, reenter: false, actions: [] });

export const state = (
  id: string,
  over: Partial<Omit<ChartState, 'id' | 'key'>> = {},
): ChartState => ({
  id,
  key: id.slice(id.lastIndexOf('.') + 1),
  type: over.states === undefined ? 'atomic' : 'compound',
  initial: over.states?.[0]?.id ?? null,
  invokes: [],
  transitions: [],
  states: [],
  ...over,
});

/** A door with a lamp above it, which are looked after until it is gone. */
export const door = state('door', {
  states: [
    state('door.kept', {
      type: 'parallel',
      initial: null,
      transitions: [to('BURN', ['door.gone'])],
      states: [
        state('door.kept.leaf', {
          states: [
            state('door.kept.leaf.closed', {
              transitions: [
                to('OPEN', ['door.kept.leaf.moving'], 'isUnlocked'),
                to('KNOCK', []),
                to('KICK', ['door.kept.leaf.closed'], 'isStrong'),
                to('KICK', ['door.gone']),
              ],
            }),
            state('door.kept.leaf.moving', {
              invokes: [{ id: 'swing', src: 'swing' }],
              transitions: [
                to('xstate.done.actor.swing', ['door.kept.leaf.closed'], 'blocked'),
                to('xstate.done.actor.swing', ['door.kept.leaf.open']),
                to('xstate.error.actor.swing', ['door.kept.leaf.closed']),
              ],
            }),
            state('door.kept.leaf.open', {
              transitions: [
                to('xstate.after.pause.door.kept.leaf.open', ['door.kept.leaf.moving']),
              ],
            }),
          ],
        }),
        state('door.kept.lamp', {
          states: [
            state('door.kept.lamp.off', {
              transitions: [to('', ['door.kept.lamp.on'], 'isDark')],
            }),
            state('door.kept.lamp.on'),
          ],
        }),
      ],
    }),
    state('door.gone', { type: 'final' }),
  ],
});
