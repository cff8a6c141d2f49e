/** A worker of the soak: plays each seed that it is sent and sends what it showed. */
import { playSeed, type GivenSeed } from './soak/seed-run.ts';

// the library warns of what a stopped actor is sent; what is wrong is judged by checkers
console.error = (): void => {};
// an interrupt is told to the whole terminal; the soak itself says when its workers end
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (given) => {
  void playSeed(given as GivenSeed).then((result) => process.send?.(result));
});
