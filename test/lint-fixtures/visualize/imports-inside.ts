// expects: house(imports)
export { clientMachine } from '../src/machines/client.ts';
