// expects: house(no-host-clock)
export const now = () => new Date();
