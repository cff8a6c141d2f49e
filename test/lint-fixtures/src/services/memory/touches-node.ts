// expects: eslint(no-restricted-globals), eslint(no-restricted-globals)
export const bytes = () => Buffer.alloc(1);
export const home = () => process.cwd();
