// expects: house(imports)
export { EventEmitter } from 'node:events';
