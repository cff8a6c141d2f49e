// expects: house(imports)
export const load = async () => import('node:fs');
