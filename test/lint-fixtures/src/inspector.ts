// expects: house(imports)
export { createKinesumer } from './index.ts';
