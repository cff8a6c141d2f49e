// expects: house(imports)
export { play } from '../../src/simulation/index.ts';
