/**
 * One half of Postern that collects its garbage when asked: `node collecting-half.js gate|dom0 --settings FILE`. Whoever connects to
 * its collector's socket is told how many bytes are resident after it.
 */
import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { collectorSocket } from './collector-socket.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const settings = process.argv[process.argv.indexOf('--settings') + 1] ?? '';
createServer((socket) => {
  collect();
  socket.end(String(process.memoryUsage.rss()));
})
  .listen(collectorSocket(settings))
  .unref();
await import('../../server/postern.js');
