// expects: eslint(no-restricted-globals), eslint(no-restricted-globals)
export const now = (): number => Date.now();
export const today = () => new Date();
