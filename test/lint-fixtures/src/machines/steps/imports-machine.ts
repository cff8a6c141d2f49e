// expects: house(imports)
export { clientMachine } from '../client.ts';
