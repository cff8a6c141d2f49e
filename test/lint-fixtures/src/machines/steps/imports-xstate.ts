// expects: house(imports)
export { createActor } from 'xstate';
