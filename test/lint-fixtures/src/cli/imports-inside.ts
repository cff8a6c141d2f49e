// expects: house(imports)
export { openGate } from '../services/delivery/gate.ts';
