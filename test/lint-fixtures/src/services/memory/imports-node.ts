// expects: house(imports)
export { createHash } from 'node:crypto';
