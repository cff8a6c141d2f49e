// expects: house(imports)
import { createServer } from 'node:http';
export const server = createServer();
