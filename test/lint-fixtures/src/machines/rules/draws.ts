// expects: eslint(no-restricted-properties), eslint(no-restricted-globals)
export const draw = () => Math.random();
export const id = () => crypto.randomUUID();
