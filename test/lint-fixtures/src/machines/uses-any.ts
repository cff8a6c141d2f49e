// expects: typescript(no-explicit-any)
export const hole = (value: any): unknown => value;
