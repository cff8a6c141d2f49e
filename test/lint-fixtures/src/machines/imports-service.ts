// expects: house(imports)
export { memoryStore } from '../services/memory/store.ts';
