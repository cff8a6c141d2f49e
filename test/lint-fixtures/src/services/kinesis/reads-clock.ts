// expects: house(no-host-clock), eslint(no-restricted-globals), eslint(no-restricted-properties), eslint(no-restricted-properties)
export const now = () => Date.now();
export const later = (run: () => void) => setTimeout(run, 1);
export const draw = () => Math.random();
export const deadline = () => AbortSignal.timeout(1);
