// expects: eslint(no-restricted-globals)
export const hop = (run: () => void) => setImmediate(run);
