// expects: house(imports)
export { GroupModel } from '../model/group-model.ts';
