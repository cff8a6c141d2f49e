/** All scenes: together they take the transitions that swarms hardly ever take, and the others too. */
import { SCENES_OF_CLIENTS } from './scenes-of-clients.ts';
import { SCENES_OF_LEADERS } from './scenes-of-leaders.ts';
import { SCENES_OF_SHARDS } from './scenes-of-shards.ts';
import type { Scenes } from './script.ts';

export const SCENES: Scenes = {
  ...SCENES_OF_CLIENTS,
  ...SCENES_OF_LEADERS,
  ...SCENES_OF_SHARDS,
};
