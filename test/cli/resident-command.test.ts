import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { writeGateSettings } from '../support/gate-settings-file.js';
import { postern, posternProcess } from '../support/postern-command.js';
import type { Ended } from '../support/postern-command.js';
import { TemporaryDirectory } from '../support/temporary-directory.js';

/** Commands of every kind, one after the other: what they change stays for the next. `%` is the directory. */
const COMMANDS = [
  '--version',
  '--help',
  'nonsense',
  'customer ad alice',
  'customer add',
  'customer add alice --settings %/gate.yaml',
  'customer add alice --settings %/gate.yaml',
  'customer list --settings %/gate.yaml',
  'customer show bob --settings %/gate.yaml',
  'key add alice %/none.pub --settings %/gate.yaml',
  'key add alice - --settings %/gate.yaml',
  'role add alice horatio owner --settings %/gate.yaml',
  'domain set horatio suite=trixie --settings %/gate.yaml',
  'policy check --settings %/gate.yaml',
  'policy check %/none',
  'policy explain alice reboot horatio --settings %/gate.yaml',
  'policy reload --settings %/gate.yaml',
  'status --settings %/gate.yaml',
  'explain-login alice --last 1 --settings %/gate.yaml',
  'export --settings %/gate.yaml',
  'apply %/none --settings %/gate.yaml',
  'hostkey --settings %/gate.yaml',
  'hostkey rotate --settings %/gate.yaml',
  'audit --json -n 2 --settings %/gate.yaml',
  'audit verify --settings %/gate.yaml',
  'backup %/copy.db --settings %/gate.yaml',
  'backup %/copy.db --settings %/gate.yaml',
  'customer list --settings relative.yaml',
  'import --root %/none --settings %/gate.yaml',
  'doctor --settings %/gate.yaml --dom0-settings %/none.yaml',
  'console horatio --socket %/none.sock',
  'completion bash',
  'complete postern cust',
  'man',
] as const;

const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g;
/** Other tests use the same disk. */
const ROOM = /[\d.]+ [KMG]iB free/g;
const HASH = /\b[0-9a-f]{64}\b|SHA256:[\w+/]{43}/g;

type Run = (args: readonly string[], options?: { env?: NodeJS.ProcessEnv }) => Promise<Ended>;

describe('cli: commands in one process', () => {
  const directories = [new TemporaryDirectory(), new TemporaryDirectory()] as const;

  before(() => {
    for (const { path } of directories) writeGateSettings(path);
  });

  after(() => {
    for (const directory of directories) directory.dispose();
  });

  /** @returns what a command said and left, without what differs from run to run */
  async function outcome(run: Run, command: string, directory: TemporaryDirectory): Promise<object> {
    const args = command.split(' ').map((word) => word.replace('%', directory.path));
    const { status, stdout, stderr } = await run(args, { env: { SUDO_USER: 'bea' } });
    const plain = (text: string): string =>
      text.replaceAll(directory.path, '%').replace(TIME, 'TIME').replace(ROOM, 'ROOM').replace(HASH, 'HASH');
    const files = readdirSync(directory.path, { recursive: true }).sort();
    return { command, status, stdout: plain(stdout), stderr: plain(stderr), files };
  }

  it('answer as processes of their own', async () => {
    const [own, shared] = directories;
    for (const command of COMMANDS) {
      const expected = await outcome(posternProcess, command, own);
      assert.deepEqual(await outcome(postern, command, shared), expected);
    }
  });

  it('hear nothing of one another, also side by side', async () => {
    const one = async (admin: string): Promise<void> => {
      const settings = ['--settings', directories[1].file('gate.yaml')];
      const customer = `side-${admin}`;
      await postern(['customer', 'add', customer, ...settings], { env: { SUDO_USER: admin } });
      const { stdout } = await postern(['audit', '--customer', customer, '--json', ...settings]);
      const rows = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { event: object });
      assert.deepEqual(
        rows.map(({ event }) => event),
        [{ kind: 'customer.added', actor: { admin }, customer }],
      );
      const wrong = await postern(['customer', 'ad', customer]);
      assert.equal(wrong.status, 2);
      assert.equal((await postern(['--version'])).status, 0);
    };
    await Promise.all(['ann', 'bob', 'cat'].map(one));
  });

  it('leave a half, which is a process, to a process', async () => {
    await assert.rejects(postern(['gate', '--settings', '/none']), /a half is a process of its own/);
  });
});
