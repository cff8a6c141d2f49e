// expects: house(imports)
export { clientMachine } from '../../machines/client.ts';
