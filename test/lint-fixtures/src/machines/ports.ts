// expects: house(imports)
import type { Timings } from '../options.ts';

export type Rhythm = Timings;
