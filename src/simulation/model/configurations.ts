/** The configurations that are explored to their end. */
import { explore, type ExploreOptions, type Exploration } from './explorer.ts';
import { generationsModel } from './generations/model.ts';
import type { GenerationsConfig } from './generations/scene.ts';
import { mapsModel, type MapsConfig } from './maps.ts';
import { ownershipModel } from './ownership/model.ts';
import type { OwnershipConfig } from './ownership/scene.ts';

export interface Configuration {
  readonly name: string;
  readonly run: (options?: ExploreOptions) => Exploration;
}

const ownership = (config: OwnershipConfig): Configuration => ({
  name: config.name,
  run: (options) => explore(ownershipModel(config), options),
});
const generations = (config: GenerationsConfig): Configuration => ({
  name: config.name,
  run: (options) => explore(generationsModel(config), options),
});

const maps = (config: MapsConfig): Configuration => ({
  name: config.name,
  run: (options) => explore(mapsModel(config), options),
});

/** Small enough for every run of the tests. */
export const SMALL: readonly Configuration[] = [
  ownership({
    name: 'ownership, 2 clients, 1 shard of 1 record that is split',
    clients: 2,
    shards: 'split',
    records: 1,
    inFlight: 2,
  }),
  generations({ name: 'generations, 2 clients', processes: [0, 1], inFlight: 2 }),
  generations({
    name: 'generations, 2 processes of one client id',
    processes: [0, 0],
    inFlight: 2,
  }),
  maps({ name: 'maps, 2 clients', clients: 2, inFlight: 2 }),
];

/** What `npm run model` explores besides. */
export const LARGE: readonly Configuration[] = [
  ownership({
    name: 'ownership, 2 clients, 1 shard of 1 record',
    clients: 2,
    shards: 'one',
    records: 1,
    inFlight: 2,
  }),
  ownership({
    name: 'ownership, 2 clients, 1 shard of 2 records',
    clients: 2,
    shards: 'one',
    records: 2,
    inFlight: 2,
  }),
  ownership({
    name: 'ownership, 2 clients, 1 shard of 2 records that is split',
    clients: 2,
    shards: 'split',
    records: 2,
    inFlight: 2,
  }),
  ownership({
    name: 'ownership, 2 clients, 1 shard of 2 records, 3 writes in flight',
    clients: 2,
    shards: 'one',
    records: 2,
    inFlight: 3,
  }),
  ownership({
    name: 'ownership, 3 clients, 1 shard of 2 records',
    clients: 3,
    shards: 'one',
    records: 2,
    inFlight: 2,
  }),
  generations({ name: 'generations, 3 clients', processes: [0, 1, 2], inFlight: 2 }),
  generations({
    name: 'generations, 2 processes of one client id and 1 client',
    processes: [0, 0, 1],
    inFlight: 2,
  }),
  generations({
    name: 'generations, 2 clients, 3 writes in flight',
    processes: [0, 1],
    inFlight: 3,
  }),
  maps({ name: 'maps, 3 clients', clients: 3, inFlight: 2 }),
  // the same states as they are, with nothing taken out of them: what `tidy` does is seen to lose nothing
  ownership({
    name: 'ownership, 2 clients, 1 shard of 1 record, fences up to 2, untidied',
    clients: 2,
    shards: 'one',
    records: 1,
    inFlight: 2,
    deletions: { times: 0, fences: 2 },
  }),
  ownership({
    name: 'ownership, 2 clients, 1 shard of 1 record, fences up to 2, item deleted once',
    clients: 2,
    shards: 'one',
    records: 1,
    inFlight: 2,
    deletions: { times: 1, fences: 2 },
  }),
];
