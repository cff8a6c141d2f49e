// expects: vitest(warn-todo)
import { it } from 'vitest';

it.todo('is not written');
