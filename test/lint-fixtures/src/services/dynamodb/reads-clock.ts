// expects: house(no-host-clock), eslint(no-restricted-globals)
export const now = () => new Date();
export const later = (run: () => void) => globalThis.setTimeout(run, 1);
