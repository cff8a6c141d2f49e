/**
 * Kills the process whose id is its argument when its own parent dies: a process under SIGSTOP cannot see by itself
 * that its IPC channel has closed.
 */
const pid = Number(process.argv[2]);

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.once('disconnect', end);
// Without a listener for messages the channel would not keep this process.
process.on('message', () => {});
// The parent may be gone before this was loaded.
if (!process.connected) end();

function end(): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended already: all that was wanted.
  }
  process.exit(0);
}
