import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fs, {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isRefusal, type Refusal } from '../../../policy/refusal.js';
import { HostKey } from '../../../server/gate/ssh/host-key.js';
import type { RotationStep } from '../../../server/gate/ssh/host-key-rotation.js';
import { HostKeys } from '../../../server/gate/ssh/host-keys.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

type StepName = 'begin' | 'finish' | 'cancel';

describe('gate/ssh: the rotation of a host key', () => {
  let directory: TemporaryDirectory;
  let file = '';

  beforeEach(() => {
    directory = new TemporaryDirectory();
    file = directory.file('host_key');
  });

  afterEach(() => {
    directory.dispose();
  });

  const open = (): HostKeys => HostKeys.open({ hostKey: file, otherHostKeys: [] });
  const prepared = async (keys: HostKeys, name: StepName): Promise<RotationStep> => {
    const rotation = keys.rotation(null);
    assert.ok(!isRefusal(rotation));
    const step: RotationStep | Refusal = await rotation[name]();
    assert.ok(!isRefusal(step), isRefusal(step) ? step.detail : '');
    return step;
  };
  const carryOut = async (keys: HostKeys, name: StepName): Promise<RotationStep> => {
    const step = await prepared(keys, name);
    step.carryOut();
    keys.reload();
    return step;
  };
  const names = (keys: readonly HostKey[]): readonly string[] => keys.map(({ fingerprint }) => fingerprint);
  const mode = (path: string): number => statSync(path).mode & 0o777;
  const files = (): readonly string[] => readdirSync(directory.path).sort();
  const pub = (path: string): string => readFileSync(`${path}.pub`, 'utf8').trim();

  it('announces the next key first, and offers it when it is finished', async () => {
    const keys = open();
    const former = keys.offered[0]?.fingerprint ?? '';
    let changes = 0;
    keys.onChange(() => {
      changes += 1;
    });
    const { key } = await carryOut(keys, 'begin');
    const next = key?.fingerprint ?? '';
    assert.deepEqual(names(keys.offered), [former]);
    assert.deepEqual(names(keys.announced), [former, next]);
    assert.deepEqual([mode(`${file}.next`), mode(`${file}.next.pub`)], [0o600, 0o644]);
    assert.equal(keys.reload(), false, 'nothing has changed since');
    assert.deepEqual(names(open().announced), [former, next], 'a gate that starts finds it');

    await carryOut(keys, 'finish');
    assert.deepEqual([names(keys.offered), names(keys.announced)], [[next], [next]]);
    assert.equal(changes, 2);
    assert.deepEqual(
      files(),
      ['', '.pub', '.retired', '.retired.pub'].map((end) => `host_key${end}`),
    );
    assert.deepEqual([mode(file), mode(`${file}.retired`), mode(`${file}.pub`)], [0o600, 0o600, 0o644]);
    assert.equal(HostKey.read(`${file}.retired`).fingerprint, former);
    assert.equal(pub(file), HostKey.read(file).publicLine);
    assert.equal(pub(`${file}.retired`), HostKey.read(`${file}.retired`).publicLine);
  });

  it('drops the next key when it is cancelled, also one that cannot be read', async () => {
    const keys = open();
    const before = files();
    await carryOut(keys, 'begin');
    await carryOut(keys, 'cancel');
    assert.deepEqual(files(), before);
    writeFileSync(`${file}.next`, 'rubbish', { mode: 0o600 });
    assert.equal((await carryOut(keys, 'cancel')).key, null);
    assert.deepEqual(files(), before);
  });

  it('is refused with one sentence where it makes no sense', async () => {
    const keys = open();
    const rotation = keys.rotation(null);
    assert.ok(!isRefusal(rotation));
    for (const no of [rotation.finish(), rotation.cancel()])
      assert.match(isRefusal(no) ? no.detail : '', /no rotation of the host key .*host_key has been begun/);
    const [first, second] = [await prepared(keys, 'begin'), await prepared(keys, 'begin')];
    first.carryOut();
    assert.throws(() => {
      second.carryOut();
    }, /a rotation of .*host_key has been begun already/);
    assert.equal(HostKey.read(`${file}.next`).fingerprint, first.key?.fingerprint, 'the first one stays');
    const third = await rotation.begin();
    assert.match(isRefusal(third) ? third.detail : '', /begun already: finish it .* or drop the next key/);
    const other = keys.rotation('rsa');
    assert.match(isRefusal(other) ? other.detail : '', /name one of the host keys by its type: ssh-ed25519/);
  });

  it('tells of a next key since when it is there, however old its file is', () => {
    const began = Date.now();
    open();
    HostKey.open(`${file}.next`);
    utimesSync(`${file}.next`, new Date(0), new Date(0));
    const next = open().stored.find(({ use }) => use === 'next');
    assert.equal(next?.madeAt.getTime(), 0);
    // The clock of the file system goes in steps of some milliseconds.
    assert.ok(next.placedAt.getTime() > began - 100);
  });

  it('starts without a next or former key that cannot be used, and says which', async () => {
    const keys = open();
    await carryOut(keys, 'begin');
    chmodSync(`${file}.next`, 0o644);
    const again = open();
    assert.deepEqual(names(again.announced), names(again.offered));
    assert.match(again.problems.map(({ message }) => message).join(), /host_key\.next is open to others/);
  });

  it('keeps the keys that it has when a file turns bad', () => {
    const keys = open();
    const before = names(keys.offered);
    writeFileSync(file, 'rubbish');
    assert.throws(() => keys.reload(), { name: 'HostKeyError' });
    assert.deepEqual(names(keys.offered), before);
  });

  it('uses other keys only when that is recorded, and says so again until it is', () => {
    const keys = open();
    const before = names(keys.announced);
    const next = HostKey.open(`${file}.next`).fingerprint;
    const recorded: (readonly string[])[] = [];
    assert.throws(
      () =>
        keys.reload(() => {
          throw new Error('the disk is full');
        }),
      /the disk is full/,
    );
    assert.deepEqual(names(keys.announced), before);
    const record = (announced: readonly string[]): void => {
      recorded.push(announced);
    };
    assert.equal(keys.reload(record), true);
    assert.equal(keys.reload(record), false);
    assert.deepEqual([recorded, names(keys.announced)], [[[...before, next]], [...before, next]]);
  });

  it('refuses other keys that are none: Ed25519, weak, two of one type', () => {
    const pem = (name: string, key: KeyObject, type: 'sec1' | 'pkcs1'): string => {
      const path = directory.file(name);
      writeFileSync(path, key.export({ type, format: 'pem' }), { mode: 0o600 });
      return path;
    };
    const curve = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const [one, other] = [pem('one', curve(), 'sec1'), pem('other', curve(), 'sec1')];
    const weak = pem('weak', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'pkcs1');
    const huge = pem('huge', generateKeyPairSync('rsa', { modulusLength: 4104 }).privateKey, 'pkcs1');
    const opened = (...otherHostKeys: string[]): HostKeys => HostKeys.open({ hostKey: file, otherHostKeys });
    const refused = (message: RegExp, ...others: string[]): void => {
      assert.throws(() => opened(...others), { name: 'HostKeyError', message });
    };
    assert.deepEqual(
      opened(one).offered.map(({ type }) => type),
      ['ssh-ed25519', 'ecdsa-sha2-nistp256'],
    );
    refused(
      /host keys .*one and .*other are both of type ecdsa-sha2-nistp256: .* one of each type\.$/,
      one,
      other,
    );
    refused(/weak has 2048 bits: an RSA host key has 3072 to 4096\.$/, weak);
    refused(/huge has 4104 bits/, huge);
    refused(/host_key is of type ssh-ed25519: Postern uses ecdsa-[^ ]*, .* and ssh-rsa only\.$/, file);
    refused(
      /Cannot read the host key .*absent: there is no such file or directory\.$/,
      directory.file('absent'),
    );
  });

  it('removes private keys that a killed process left beside it, and nothing else', () => {
    open();
    const old = `${file}.0123456789ab`;
    for (const path of [old, `${file}.next.0123456789ab`, `${file}.backup`, `${file}.ba9876543210`])
      linkSync(file, path);
    writeFileSync(directory.file('fresh'), '');
    utimesSync(file, new Date(0), new Date(0));
    open();
    assert.deepEqual(files(), ['fresh', 'host_key', 'host_key.backup', 'host_key.pub']);
  });

  // Every call of the file system fails once, as with a full or broken disk; the process goes on.
  for (const name of ['begin', 'finish', 'cancel'] as const)
    it(`has made the step, or can make it again, when a call in ${name} fails`, async () => {
      for (let calls = 0; ; calls += 1) {
        directory.dispose();
        directory = new TemporaryDirectory();
        file = directory.file('host_key');
        const keys = open();
        if (name !== 'begin') await carryOut(keys, 'begin');
        const use = (): object => keys.stored.map((one) => [one.use, one.key.fingerprint]);
        const before = use();
        const step = await prepared(keys, name);
        const next = step.key?.fingerprint;
        let error = '';
        const isOver = !fails(calls, () => {
          try {
            step.carryOut();
          } catch (thrown) {
            error = (thrown as Error).message;
          }
        });
        keys.reload();
        if (error !== '') {
          assert.match(error, /^Cannot [^\n]*: the disk is full\.$/);
          assert.deepEqual(use(), before, `call ${calls} said that nothing was done: ${error}`);
          await carryOut(keys, name);
        }
        const after = {
          begin: [false, true],
          finish: [true, true],
          cancel: [false, false],
        }[name];
        if (error === '')
          assert.deepEqual(
            [keys.offered, keys.announced].map((all) => all.some((one) => one.fingerprint === next)),
            after,
            `call ${calls} said that it was done`,
          );
        assert.equal(existsSync(`${file}.next`), name === 'begin');
        assert.equal(existsSync(`${file}.next.pub`), name === 'begin');
        for (const { file: path, key } of keys.stored) assert.equal(pub(path), key.publicLine, path);
        if (isOver) return;
      }
    });

  // Every call of the file system is the last one once.
  for (const name of ['begin', 'finish', 'cancel'] as const)
    it(`survives a kill at any step of ${name}`, async () => {
      for (let calls = 0; ; calls += 1) {
        directory.dispose();
        directory = new TemporaryDirectory();
        file = directory.file('host_key');
        const keys = open();
        if (name !== 'begin') await carryOut(keys, 'begin');
        const step = await prepared(keys, name);
        const [former, next] = [step.former.fingerprint as string, step.key?.fingerprint as string];
        const isOver = !dies(calls, () => {
          step.carryOut();
        });
        const again = open();
        const [offered] = names(again.offered);
        assert.equal(again.problems.length, 0);
        assert.equal(again.offered.length, 1);
        if (offered === former)
          assert.ok(names(again.announced).every((one) => [former, next].includes(one)));
        else assert.deepEqual([name, offered, names(again.announced)], ['finish', next, [next]]);
        for (const { file: path, key } of again.stored) {
          assert.equal(mode(path), 0o600, `call ${calls}: ${path}`);
          assert.equal(pub(path), key.publicLine, `call ${calls}: ${path}.pub`);
        }
        if (isOver) {
          assert.ok(calls > 2, 'it was killed at some steps');
          return;
        }
        if (existsSync(`${file}.next`)) await carryOut(again, name === 'cancel' ? 'cancel' : 'finish');
        else if (name === 'begin') await carryOut(again, 'begin');
        assert.deepEqual(names(again.offered), names(open().offered));
        if (name === 'finish') assert.deepEqual(names(open().offered), [next]);
      }
    });
});

const CALLS = [
  'openSync',
  'writeFileSync',
  'fsyncSync',
  'linkSync',
  'renameSync',
  'rmSync',
  'chmodSync',
] as const;

/**
 * Runs the work as a process that is killed before the call of this number: that call and all later ones do nothing
 * but fail. @returns whether it came to that
 */
function dies(after: number, work: () => void): boolean {
  return disturbed((count) => count > after, new Error('the process was killed'), work);
}

/** Runs the work while the call of this number, from 0, fails. @returns whether it came to that */
function fails(at: number, work: () => void): boolean {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  return disturbed((count) => count === at + 1, full, work);
}

/** @returns whether a call was disturbed */
function disturbed(isAt: (count: number) => boolean, how: Error, work: () => void): boolean {
  const real = Object.fromEntries(CALLS.map((name) => [name, fs[name]]));
  let [count, came] = [0, false];
  const mutable = fs as unknown as Record<string, unknown>;
  for (const name of CALLS)
    mutable[name] = (...given: unknown[]): unknown => {
      count += 1;
      if (isAt(count)) {
        came = true;
        throw how;
      }
      return (real[name] as (...all: unknown[]) => unknown)(...given);
    };
  syncBuiltinESMExports();
  try {
    work();
  } catch (error) {
    if (!came) throw error;
  } finally {
    Object.assign(mutable, real);
    syncBuiltinESMExports();
  }
  return came;
}
