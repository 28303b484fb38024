import assert from 'node:assert/strict';
import { awaitStarting, servedHere } from '../../../server/cli/doctor/starting.js';
import type { Served } from '../../../server/cli/doctor/starting.js';
import { youngCommandLines } from '../../../server/cli/doctor/young-processes.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import type { Dom0Settings } from '../../../config/dom0-settings.js';

const GATE = [
  '/opt/node',
  '/opt/postern/dist/server/postern.js',
  'gate',
  '--settings',
  '/etc/postern/gate.yaml',
];
const LINK = ['/usr/bin/ssh', '-N', '-L', '/run/postern-host-xen1/dom0.sock:/run/postern/dom0.sock', 'xen1'];
const DOM0 = ['/bin/sh', '/opt/postern/server/postern', 'dom0', '--settings', '/etc/postern/dom0.yaml'];

const SERVED = servedHere(
  {
    file: '/etc/postern/gate.yaml',
    settings: {
      controlSocket: '/run/postern-gate/control.sock',
      hosts: [{ name: 'xen1', socket: '/run/postern-host-xen1/dom0.sock' }],
    } as unknown as GateSettings,
  },
  { file: '/etc/postern/dom0.yaml', settings: { socket: '/run/postern/dom0.sock' } as Dom0Settings },
);

/**
 * @param upAfter milliseconds until each socket answers
 * @param young the young processes
 * @returns milliseconds waited
 */
async function waited(
  upAfter: (socket: string) => number,
  young: readonly (readonly string[])[],
  served: readonly Served[] = SERVED,
): Promise<number> {
  let time = 0;
  await awaitStarting(served, {
    isUp: (socket) => Promise.resolve(time >= upAfter(socket)),
    young: () => young,
    now: () => time,
    wait: (milliseconds) => {
      time += milliseconds;
      return Promise.resolve();
    },
  });
  return time;
}

describe('postern doctor, right after a start', () => {
  it('waits for a half and a link that have only just been started', async () => {
    const after = (socket: string): number => (socket.includes('host') ? 3000 : 1000);
    assert.equal(await waited(after, [GATE, LINK, DOM0]), 3000);
    for (const each of [GATE, DOM0, LINK]) assert.equal(await waited(() => 600, [each]), 600, each.join(' '));
  });

  it('waits for none that does not run, ran for longer, or is of other settings', async () => {
    assert.equal(await waited(() => Infinity, []), 0);
    assert.equal(
      await waited(
        () => Infinity,
        [
          ['postern', 'gate', '--settings', '/srv/other/gate.yaml'],
          ['ssh', '-L', '/run/postern-host-xen2/dom0.sock:/run/postern/dom0.sock', 'xen2'],
          ['postern', 'doctor', '--settings', '/etc/postern/gate.yaml'],
        ],
      ),
      0,
    );
    assert.equal(await waited(() => 0, [GATE, LINK, DOM0]), 0);
  });

  it('waits ten seconds at most for a link that is started again and again', async () => {
    assert.equal(await waited(() => Infinity, [LINK]), 10_000);
  });

  it('sees which processes are young', () => {
    const own = (lines: readonly (readonly string[])[]): boolean =>
      lines.some((words) => words.some((word) => word.includes('mocha')));
    assert.ok(own(youngCommandLines(1_000_000)));
    assert.deepEqual(youngCommandLines(-1), []);
  });
});
