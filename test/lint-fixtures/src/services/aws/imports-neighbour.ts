// expects: house(imports)
export { kinesisStream } from '../kinesis/stream.ts';
