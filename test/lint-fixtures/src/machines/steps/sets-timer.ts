// expects: eslint(no-restricted-globals)
export const later = (run: () => void) => setInterval(run, 1);
