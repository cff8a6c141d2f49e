// expects: house(imports)
export { KinesisClient } from '@aws-sdk/client-kinesis';
