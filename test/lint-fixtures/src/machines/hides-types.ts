// expects: typescript(ban-ts-comment), typescript(ban-ts-comment)
// @ts-ignore
export const one = 1;
// @ts-expect-error as said
export const two = 2;
