import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEPT_REVISIONS, keptRevisions, loadAccepted, saveAccepted } from '../../config/accepted-policy.js';
import type { LoadedPolicy } from '../../config/policy-document.js';
import { readPolicy } from '../../config/policy-document.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

function policy(reason: string): LoadedPolicy {
  const loaded = readPolicy([
    { file: '/etc/postern/policy.d/10-groups.yaml', text: 'groups: {staff: [carol]}\n' },
    {
      file: '/etc/postern/policy.d/20-rules.json',
      text: `{"rules": [{"deny": ["start"], "groups": ["staff"], "reason": "${reason}"}]}`,
    },
  ]);
  assert.ok(loaded.ok);
  return loaded;
}

describe('the accepted policies', () => {
  let temporary: TemporaryDirectory;
  let directory: string;
  beforeEach(() => {
    temporary = new TemporaryDirectory();
    directory = temporary.file('state/policy-accepted');
  });
  afterEach(() => {
    temporary.dispose();
  });

  /** The path of a revision's entry. */
  function entry(revision: number): string {
    const name = readdirSync(directory).find((found) => Number(found.slice(0, 10)) === revision);
    assert.ok(name !== undefined, `no revision ${revision}`);
    return join(directory, name);
  }

  function latest(): number | undefined {
    return loadAccepted(directory).accepted?.revision;
  }

  it('are none where there is no directory', () => {
    assert.deepEqual(loadAccepted(directory), { accepted: null, passedOver: [] });
  });

  it('come back as they were, places in the original files and all', () => {
    const saved = policy('one');
    const now = new Date('2024-05-01T12:00:00.123Z');
    saveAccepted(directory, saved, 7, { by: 'ada', now });
    const { accepted, passedOver } = loadAccepted(directory);
    assert.deepEqual(accepted, { loaded: saved, revision: 7, acceptedAt: now, by: 'ada' });
    assert.equal(accepted.loaded.policy.rules[0]?.place.file, '/etc/postern/policy.d/20-rules.json');
    assert.deepEqual(passedOver, []);
  });

  it('are for their owner alone to read', () => {
    saveAccepted(directory, policy('one'), 1);
    for (const path of [directory, entry(1), join(entry(1), '000.yaml'), join(entry(1), 'manifest.json')]) {
      assert.equal(statSync(path).mode & 0o077, 0, path);
    }
  });

  it('begin with the highest revision, also when ten are one digit more', () => {
    for (const revision of [9, 11, 10]) saveAccepted(directory, policy(`r${revision}`), revision);
    assert.equal(latest(), 11);
  });

  it('are the last ten', () => {
    for (let revision = 1; revision <= KEPT_REVISIONS + 3; revision += 1) {
      saveAccepted(directory, policy(`r${revision}`), revision);
    }
    assert.equal(readdirSync(directory).length, KEPT_REVISIONS);
    assert.deepEqual([latest(), readdirSync(directory).sort()[0]?.slice(0, 10)], [13, '0000000004']);
  });

  it('can be saved again', () => {
    saveAccepted(directory, policy('one'), 1);
    saveAccepted(directory, policy('one'), 1);
    assert.deepEqual([latest(), readdirSync(directory).length], [1, 1]);
  });

  it('are taken though a test of theirs fails today: it is the last policy that there is', () => {
    const text =
      'rules: [{allow: [status]}]\ntests: [{customer: a, role: owner, domain: d, deny: [status]}]\n';
    const failing = readPolicy([{ file: '10.yaml', text }], { tested: false });
    assert.ok(failing.ok && !readPolicy(failing.sources).ok);
    saveAccepted(directory, failing, 3);
    assert.equal(latest(), 3);
  });

  it('are listed newest first, those of a release that did not say who, and those that are broken, too', () => {
    for (const [revision, by] of [
      [1, 'ada'],
      [2, null],
      [3, 'bea'],
    ] as const)
      saveAccepted(directory, policy(`r${revision}`), revision, { by });
    const manifest = join(entry(1), 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('  "by": "ada",\n', ''));
    truncateSync(join(entry(3), '001.yaml'), 20);
    assert.deepEqual(
      keptRevisions(directory).map(({ revision, found }) => [
        revision,
        typeof found === 'string' ? found : found.by,
      ]),
      [
        [
          3,
          'A bracket that was opened is not closed, or this is not indented far enough for what is inside.',
        ],
        [2, null],
        [1, null],
      ],
    );
  });

  describe('pass over what is not whole and sound, and say why:', () => {
    const damages: readonly (readonly [string, (entry: string) => void, RegExp])[] = [
      [
        'a text cut short',
        (path) => {
          truncateSync(join(path, '001.yaml'), 20);
        },
        /A bracket that was opened is not closed/,
      ],
      [
        'a text that is gone',
        (path) => {
          rmSync(join(path, '000.yaml'));
        },
        /000\.yaml: It cannot be read: there is no such file or directory/,
      ],
      [
        'a text that was changed',
        (path) => {
          writeFileSync(join(path, '001.yaml'), 'rules: []\n');
        },
        /not those that were accepted/,
      ],
      [
        'a manifest cut short',
        (path) => {
          truncateSync(join(path, 'manifest.json'), 30);
        },
        /manifest\.json: It is not JSON/,
      ],
      [
        'an empty manifest',
        (path) => {
          truncateSync(join(path, 'manifest.json'), 0);
        },
        /manifest\.json: It is not JSON/,
      ],
      [
        'a manifest of something else',
        (path) => {
          writeFileSync(join(path, 'manifest.json'), '{"revision": "x"}');
        },
        /manifest\.json: /,
      ],
      [
        'a directory without anything',
        (path) => {
          rmSync(path, { recursive: true });
          mkdirSync(path);
        },
        /manifest\.json: It cannot be read/,
      ],
      [
        'a file in its place',
        (path) => {
          rmSync(path, { recursive: true });
          writeFileSync(path, '');
        },
        /manifest\.json: It cannot be read/,
      ],
    ];
    for (const [name, damage, why] of damages) {
      it(name, () => {
        saveAccepted(directory, policy('one'), 1);
        saveAccepted(directory, policy('two'), 2);
        damage(entry(2));
        const { accepted, passedOver } = loadAccepted(directory);
        assert.equal(accepted?.revision, 1);
        assert.equal(passedOver.length, 1);
        assert.match(passedOver[0]?.why ?? '', why);
        // Saving the same revision again repairs it.
        saveAccepted(directory, policy('two'), 2);
        assert.equal(latest(), 2);
      });
    }
  });

  it('are not confused by a save that was cut off, and the next one clears it away', () => {
    saveAccepted(directory, policy('one'), 1);
    mkdirSync(join(directory, '.unfinished-1'));
    writeFileSync(join(directory, '.unfinished-1', '000.yaml'), 'rules: []');
    writeFileSync(join(directory, 'README'), "an admin's own");
    assert.equal(latest(), 1);
    saveAccepted(directory, policy('two'), 2);
    assert.equal(latest(), 2);
    assert.deepEqual(
      readdirSync(directory).filter((name) => !/^\d/.test(name)),
      ['README'],
    );
  });

  it('stay as they were when a save fails half-way', () => {
    saveAccepted(directory, policy('one'), 1);
    const before = readdirSync(directory);
    const two = policy('two');
    const failing = {
      file: 'b.yaml',
      get text(): string {
        throw new Error('no space left on device');
      },
    };
    const [first] = two.sources;
    assert.ok(first !== undefined);
    assert.throws(() => {
      saveAccepted(directory, { ...two, sources: [first, failing] }, 2);
    }, /no space left on device/);
    assert.deepEqual(readdirSync(directory), before);
    assert.equal(latest(), 1);
  });
});
