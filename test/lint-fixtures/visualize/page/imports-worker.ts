// expects: house(imports), house(imports)
import { render } from 'preact';
import type { Order } from '../worker/orders.ts';
import { answer } from '../worker/orders.ts';
import { readFileSync } from 'node:fs';

export const page = (order: Order): unknown => render(answer(order, readFileSync));
