// expects: house(imports)
export { systemClock } from '../services/system/clock.ts';
