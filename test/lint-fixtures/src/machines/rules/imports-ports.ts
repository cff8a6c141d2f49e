// expects: house(imports)
export type { Item } from '../ports.ts';
