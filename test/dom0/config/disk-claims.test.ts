import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isRefusal } from '../../../policy/refusal.js';
import { DiskClaims } from '../../../server/dom0/config/disk-claims.js';
import { LOCAL_FILES } from '../../../server/dom0/config/foreign-files.js';
import { namedPaths } from '../../../server/dom0/config/named-paths.js';
import { propertyRuns } from '../../support/property-runs.js';

describe('disks that configuration files name', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-claims-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const list = (unusable: readonly string[], read = LOCAL_FILES.read.bind(LOCAL_FILES)) =>
    new DiskClaims({ readings: () => [], unusable: () => unusable }, { read }).list();

  it('are searched for in a file that cannot be used', async () => {
    const file = join(directory, 'broken.cfg');
    await writeFile(file, 'name = "x\ndisk = [ "phy:vg/a,xvda,w" ]\n');
    const claims = await list([file]);
    assert.ok(!isRefusal(claims));
    assert.deepEqual(
      claims.map(({ domain, by }) => [domain, by]),
      [[null, 'broken.cfg, which cannot be used']],
    );
    assert.ok(claims[0]?.disks.some(({ target }) => target === 'vg/a'));
  });

  it('are none in a pipe, a directory and a file that is gone', async () => {
    const claims = await list([directory, join(directory, 'gone.cfg'), '/dev/null']);
    assert.ok(!isRefusal(claims));
    assert.deepEqual(
      claims.flatMap(({ disks }) => disks),
      [],
    );
  });

  it('may be any in a file that cannot be read, or is too big to be', async () => {
    const big = join(directory, 'big.cfg');
    await writeFile(big, '');
    await truncate(big, 300_000);
    const failing = (): Promise<Buffer> =>
      Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    for (const no of [await list([big]), await list([big], failing)]) {
      assert.ok(isRefusal(no));
      assert.equal(
        no.message,
        "A configuration file on its host cannot be read, so nothing is erased. Ask the host's operators.",
      );
      assert.equal(no.detail, 'big.cfg cannot be read, and may name any disk');
    }
  });

  const path = fc.stringMatching(/^\/[a-z0-9/._-]{1,20}[a-z]$/);
  const spec = fc
    .tuple(
      path,
      fc.constantFrom(
        (at: string) => `file:${at},xvda,w`,
        (at: string) => `phy:${at},xvda,w`,
        (at: string) => `tap2:aio:${at},xvda,r`,
        (at: string) => `${at},raw,xvda,rw`,
        (at: string) => `${at},,xvda`,
        (at: string) => `format=qcow2, vdev=xvda, access=rw, target=${at}`,
        (at: string) => `vdev=hdc,devtype=cdrom,target=${at}`,
      ),
    )
    .map(([at, write]) => ({ at, written: write(at) }));

  it('property: are found however quotes, brackets and lines are lost', () => {
    fc.assert(
      fc.property(
        fc.array(spec, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('"', "'", ''),
        fc.constantFrom('"', "'", ''),
        fc.constantFrom(', ', ',\n  ', '\n'),
        fc.constantFrom('disk = [ ', 'disk=', '# disk = [', ''),
        (specs, open, shut, between, before) => {
          // Without any quote, only the ends of lines tell where a spec that has a target ends.
          const glue = open + shut === '' ? '\n' : between;
          const text = before + specs.map(({ written }) => open + written + shut).join(glue) + '\n';
          const found = namedPaths(text);
          for (const { at } of specs) assert.ok(found.has(at), `${at} in ${text}`);
        },
      ),
      propertyRuns('disks in a broken file', 100, 10_000),
    );
  });
});
