// expects: nothing
export const now = () => Date.now() + performance.now() + Math.random();
export const later = (run: () => void) => setTimeout(run, 1);
