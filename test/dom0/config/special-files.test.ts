import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configsLikeXl } from '../../support/configs-like-xl.js';
import { Dom0UnderTest } from '../../support/dom0-under-test.js';
import { dryRunLikeXl } from '../../support/dry-run-like-xl.js';
import { silentLogger } from '../../support/silent-logger.js';

describe('files that are no configurations', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-special-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const text = (name: string): string => `name = "${name}"\nkernel = "/k"\n`;
  const file = (name: string): string => join(directory, `${name}.cfg`);
  const write = (name: string, what = text(name)): Promise<void> => writeFile(file(name), what);

  it('are neither opened nor waited for, and each is called what it is', async () => {
    const runs: string[] = [];
    const configs = configsLikeXl({ domains: [join(directory, '*.cfg')], unmanaged: [] }, silentLogger, {
      toolstack: {
        dryRun: (creation) => {
          runs.push(creation.config);
          return dryRunLikeXl(creation);
        },
        runsConfigs: false,
      },
    });
    const why = (name: string): string | undefined =>
      configs.unmanaged().find((one) => one.file === `${name}.cfg`)?.why;
    execFileSync('mkfifo', [file('pipe')]);
    await symlink('/dev/zero', file('zero'));
    await symlink('/dev/null', file('null'));
    await symlink('/proc/kmsg', file('kmsg'));
    await write('empty', '');
    await symlink(file('loop'), file('loop'));
    await write('huge', `${text('huge')}${'#'.repeat(300_000)}`);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(file('socket'), resolve));
    await write('horatio');
    await configs.scan();
    await configs.settled();
    await new Promise((resolve) => server.close(resolve));
    assert.deepEqual(
      configs.list().map(({ name }) => name),
      ['horatio'],
    );
    assert.deepEqual(runs, [file('horatio')]);
    assert.deepEqual(['pipe', 'zero', 'null', 'socket', 'huge', 'loop', 'kmsg', 'empty'].map(why), [
      'it is a pipe',
      'it is a device',
      'it is a device',
      'it is a socket',
      'it is over 262144 bytes',
      'it cannot be looked at',
      'it is empty',
      'it is empty',
    ]);
  });

  it('stop neither observation nor the end: a pipe', async () => {
    const house = await Dom0UnderTest.make(['horatio']);
    try {
      execFileSync('mkfifo', [join(house.directory, 'etc', 'a.cfg')]);
      house.toolstack.put('horatio');
      await house.start();
      await house.client.state('horatio', 'running');
    } finally {
      await house.dispose();
    }
  });
});
