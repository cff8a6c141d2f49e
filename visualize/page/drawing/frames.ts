/** All drawing waits for the next frame, and each picture is drawn once in it, however often it was asked for. */
const waiting = new Map<object, () => void>();
let asked = 0;

function run(): void {
  asked = 0;
  const jobs = [...waiting.values()];
  waiting.clear();
  for (const job of jobs) job();
}

/** Draws in the next frame. A later job for the same picture takes the place of an earlier one. */
export function inNextFrame(picture: object, job: () => void): void {
  waiting.set(picture, job);
  if (asked === 0) asked = requestAnimationFrame(run);
}

export function forget(picture: object): void {
  waiting.delete(picture);
}
