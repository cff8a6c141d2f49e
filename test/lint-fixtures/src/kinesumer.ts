// expects: house(imports), house(imports)
export { EventEmitter } from 'node:events';
export { memoryStore } from './services/memory/store.ts';
