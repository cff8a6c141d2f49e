// expects: eslint(no-console)
export const say = () => console.log('said');
