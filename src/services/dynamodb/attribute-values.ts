import type { AttributeValue as Tagged } from '@aws-sdk/client-dynamodb';
import type { AttributeValue, Item } from '../../machines/ports.ts';
import { isItem } from './expressions.ts';

/**
 * Reads an item in DynamoDB's own notation: the item inside a refusal is the one place where the
 * document client does not translate.
 */
export function itemOf(tagged: Readonly<Record<string, Tagged>>): Item | undefined {
  const item = mapOf(tagged);
  return isItem(item) ? item : undefined;
}

const mapOf = (tagged: Readonly<Record<string, Tagged>>): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(tagged).map(([name, value]) => [name, valueOf(value)]));

/** Sets and bytes stand in none of our items; null makes a reader that expects anything refuse them. */
function valueOf(tagged: Tagged): AttributeValue {
  if (tagged.S !== undefined) return tagged.S;
  if (tagged.N !== undefined) return Number(tagged.N);
  if (tagged.BOOL !== undefined) return tagged.BOOL;
  if (tagged.L !== undefined) return tagged.L.map(valueOf);
  if (tagged.M !== undefined) return mapOf(tagged.M);
  return null;
}
