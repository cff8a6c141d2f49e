// expects: house(imports)
export { main } from './cli/main.ts';
