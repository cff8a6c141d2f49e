import { describe, expect, it } from 'vitest';
import { explore, type Exploration, type Fault } from '../../../src/simulation/model/explorer.ts';
import { generationsModel } from '../../../src/simulation/model/generations/model.ts';
import type { LateWrites } from '../../../src/simulation/model/late-writes.ts';
import { mapsModel } from '../../../src/simulation/model/maps.ts';
import { ownershipModel } from '../../../src/simulation/model/ownership/model.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

/** The smallest model in which a fault can show, until it shows. */
function hunt({ model, twist, invariant }: Mutant, lateWrites?: LateWrites): Exploration {
  const stopAt = (fault: Fault): boolean => fault.invariant === invariant;
  const late = lateWrites === undefined ? {} : { lateWrites };
  const small = { name: 'a mutant', clients: 2, records: 2, inFlight: 2, twist, ...late };
  switch (model) {
    case 'ownership':
      return explore(ownershipModel({ ...small, shards: 'one' }), { stopAt });
    case 'deletions': {
      const deletions = { times: 1, fences: 2 };
      return explore(ownershipModel({ ...small, shards: 'one', deletions }), { stopAt });
    }
    case 'split':
      return explore(ownershipModel({ ...small, shards: 'split' }), { stopAt });
    case 'generations':
      return explore(generationsModel({ ...small, processes: [0, 1] }), { stopAt });
    case 'one client id':
      return explore(generationsModel({ ...small, processes: [0, 0] }), { stopAt });
    case 'maps':
      return explore(mapsModel(small), { stopAt });
  }
}

describe('the model', () => {
  it.each(Object.entries(MUTANTS))('kills a protocol that %s', (_, mutant) => {
    const { violations } = hunt(mutant);
    const killed = violations.find(({ invariant }) => invariant === mutant.invariant);
    expect(violations.map(({ invariant }) => invariant)).toContain(mutant.invariant);
    expect(killed?.path.length).toBeGreaterThan(0);
  });

  it.each(Object.entries(MUTANTS).filter(([, { dies }]) => dies !== undefined))(
    'finds nothing in a protocol that %s, if no write is carried out twice',
    (_, mutant) => {
      expect(hunt(mutant, 'once')).toMatchObject({ end: 'exhausted', violations: [] });
    },
  );
});
