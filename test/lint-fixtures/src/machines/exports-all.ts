// expects: house(no-export-all)
export * from './ports.ts';
