import { openFullScreenMenu } from '../../menus/full-screen-menu.js';
import { FakeMenuTerminal } from './fake-menu-terminal.js';
import { menuStart } from './menu-samples.js';

/**
 * Opens, uses and closes menus, and prints the growth of the heap: `node --expose-gc menu-heap.js CYCLES`.
 */

function cycle(): void {
  const terminal = new FakeMenuTerminal();
  const menu = openFullScreenMenu(terminal, menuStart(), () => undefined);
  terminal.type('1');
  terminal.type('?');
  menu.suspend();
  menu.resume();
  terminal.type('j');
  menu.dispose();
}

async function settledHeap(): Promise<number> {
  await new Promise((done) => setImmediate(done));
  global.gc?.();
  global.gc?.();
  return process.memoryUsage().heapUsed;
}

for (let i = 0; i < 30; i++) cycle();
const before = await settledHeap();
for (let i = 0; i < Number(process.argv[2]); i++) {
  cycle();
  if (i % 20 === 0) await new Promise((done) => setImmediate(done));
}
const after = await settledHeap();
process.stdout.write(JSON.stringify({ grownKiB: Math.round((after - before) / 1024) }));
