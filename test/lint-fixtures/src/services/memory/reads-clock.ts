// expects: eslint(no-restricted-globals), eslint(no-restricted-properties)
export const now = () => Date.now();
export const draw = () => Math.random();
