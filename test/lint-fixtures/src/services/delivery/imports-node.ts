// expects: house(imports)
export { Readable } from 'node:stream';
