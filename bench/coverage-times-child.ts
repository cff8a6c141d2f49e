/** A worker of the times of coverage: lives the life of each group that it is sent, and sends what it took. */
import { tell, type Task } from './coverage-times/story.ts';

// the library warns of what a stopped actor is sent
console.error = (): void => {};
process.on('disconnect', () => process.exit(0));
process.on('message', (task) => {
  void tell(task as Task).then((told) => process.send?.(told));
});
