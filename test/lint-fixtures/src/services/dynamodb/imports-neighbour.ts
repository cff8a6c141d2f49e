// expects: house(imports)
export { toFailure } from '../kinesis/errors.ts';
