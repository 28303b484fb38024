import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { loadPolicy, UNFINISHED } from '../../config/policy-directory.js';
import { restorePolicy, setAside } from '../../config/policy-restoring.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

const SEEN = 'rules: [{allow: [status]}]\n';

describe('policy files made those of another time', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
    directory.write('10.yaml', 'groups: {}\n');
    directory.write('20.yaml', 'tags: {}\n');
    directory.write('README', 'mine');
    directory.write('.10.yaml.swp', 'vim');
  });
  afterEach(() => {
    directory.dispose();
  });

  const names = (): string[] => readdirSync(directory.path).sort();
  const text = (name: string): string => readFileSync(directory.file(name), 'utf8');

  it('are replaced, made and removed; all else stays', () => {
    chmodSync(directory.file('10.yaml'), 0o640);
    restorePolicy(directory.path, [
      { file: '/elsewhere/10.yaml', text: SEEN },
      { file: '/elsewhere/30.yaml', text: 'limits: []\n' },
    ]);
    assert.deepEqual(names(), ['.10.yaml.swp', '10.yaml', '30.yaml', 'README']);
    assert.deepEqual([text('10.yaml'), text('30.yaml'), text('README')], [SEEN, 'limits: []\n', 'mine']);
    const modes = ['10.yaml', '30.yaml'].map((name) => statSync(directory.file(name)).mode & 0o777);
    assert.deepEqual(modes, [0o640, 0o640], 'a new one is like the first there was');
  });

  it('keep their symbolic links', () => {
    directory.write('git/10.yaml', 'tags: {}\n');
    directory.write('policy/README', '');
    symlinkSync(directory.file('git/10.yaml'), directory.file('policy/10.yaml'));
    restorePolicy(directory.file('policy'), [{ file: '10.yaml', text: SEEN }]);
    assert.ok(lstatSync(directory.file('policy/10.yaml')).isSymbolicLink());
    assert.equal(text('git/10.yaml'), SEEN);
    assert.deepEqual(readdirSync(directory.file('git')), ['10.yaml']);
  });

  it('stay as they were when one of the new ones cannot be written', () => {
    const before = names();
    mkdirSync(directory.file('40.yaml'));
    const failing = {
      file: '30.yaml',
      get text(): string {
        throw new Error('no space left on device');
      },
    };
    assert.throws(() => {
      restorePolicy(directory.path, [{ file: '10.yaml', text: SEEN }, failing]);
    }, /no space left/);
    assert.deepEqual(names(), [...before, '40.yaml'].sort());
    assert.equal(text('10.yaml'), 'groups: {}\n');
  });

  it('are no policy while it is not finished, and are when it was done again', () => {
    directory.write(UNFINISHED, '');
    const half = loadPolicy(directory.path);
    assert.ok(!half.ok);
    assert.match(half.problems[0]?.message ?? '', /A rollback was cut off here/);
    restorePolicy(directory.path, [{ file: '10.yaml', text: SEEN }]);
    assert.ok(loadPolicy(directory.path).ok);
    assert.ok(!existsSync(directory.file(UNFINISHED)));
  });

  it('are copied aside as they are, the last ten times', () => {
    directory.write('10.yaml', Buffer.from([0xff, 0x00]));
    const aside = directory.file('aside');
    for (let minute = 10; minute < 22; minute += 1)
      setAside(directory.path, aside, new Date(`2026-01-01T10:${minute}:00Z`));
    const kept = readdirSync(aside).sort();
    assert.deepEqual([kept.length, kept[0]], [10, '2026-01-01T10-12-00.000Z']);
    const copy = directory.file(`aside/${kept[9] ?? ''}`);
    assert.deepEqual(readdirSync(copy).sort(), ['10.yaml', '20.yaml']);
    assert.deepEqual(readFileSync(`${copy}/10.yaml`), Buffer.from([0xff, 0x00]));
    assert.equal(statSync(copy).mode & 0o077, 0);
  });
});
