// expects: house(imports)
export { PROFILES } from './options.ts';
