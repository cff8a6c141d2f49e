// expects: nothing
export const say = () => console.error('said');
