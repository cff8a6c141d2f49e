// expects: house(imports)
export { play } from '../simulation/scenario.ts';
