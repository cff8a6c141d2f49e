// expects: house(imports)
export { systemClock } from '../system/clock.ts';
