// expects: house(imports)
export { invariant } from './errors.ts';
