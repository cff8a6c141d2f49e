// expects: house(imports)
export { StreamPort } from './machines/ports.ts';
