// expects: house(imports)
export { setTimeout as wait } from 'node:timers/promises';
