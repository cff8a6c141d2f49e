// expects: house(no-host-clock), house(no-host-clock), house(no-host-clock)
export const now = () => Date.now();
export const today = () => new Date();
export const text = () => Date();
export const converted = (ms: number) => new Date(ms);
