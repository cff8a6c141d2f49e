// expects: house(imports)
export { assign } from 'xstate';
