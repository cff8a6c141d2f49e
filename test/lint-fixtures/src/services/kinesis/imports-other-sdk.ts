// expects: house(imports)
export { DynamoDBClient } from '@aws-sdk/client-dynamodb';
