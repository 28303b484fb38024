import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { ConfigValueError } from '../../../server/dom0/toolstack/config-text.js';
import { XL, XlToolstack } from '../../../server/dom0/toolstack/xl-toolstack.js';
import { recordedCall } from '../../support/recorded-xl.js';

const horatio = parseDomainName('horatio')!;
const call = { timeoutMs: 60_000 };

/** An `xl` in shell. `answers` is the body of its `case "$*"`; it records every call. */
async function scriptedXl(directory: string, answers: string, timeoutSeconds = 60): Promise<XlToolstack> {
  const command = join(directory, 'xl');
  await writeFile(
    command,
    `#!/bin/sh\nprintf '%s\\n' "$*" >>${directory}/calls\ncase "$*" in\n${answers}\nesac\n`,
  );
  await chmod(command, 0o755);
  return new XlToolstack({ command, environment: {}, timeoutSeconds, consoleEscapeOption: false });
}

describe('XlToolstack', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postern-xl-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  const calls = async (): Promise<string[]> =>
    (await readFile(join(directory, 'calls'), 'utf8').catch(() => '')).split('\n').slice(0, -1);

  it('resolves the name freshly and verifies it, then names the domid', async () => {
    const xl = await scriptedXl(directory, '"domid horatio") echo 4;;\n"domname 4") echo horatio;;');
    assert.equal(await xl.destroy({ name: horatio, domid: 4 }, call), null);
    assert.deepEqual(await calls(), ['domid horatio', 'domname 4', 'destroy 4']);
  });

  it('has no answer to a dry run that hangs, floods, dies or prints nonsense; what was said of the file is its refusal', async () => {
    const said = 'echo "Parsing config from /etc/xen/$3" >&2';
    const xl = await scriptedXl(
      directory,
      `*flood-out*) yes;;
*flood-err*) yes >&2;;
*killed*) ${said}; kill -9 $$;;
*nonsense*) echo nonsense;;
*nothing*) ;;
*deep*) head -c 500000 /dev/zero | tr '\\0' '[';;
*list*) echo '[]';;
*early*) echo 'cannot open privcmd' >&2; exit 1;;
*bad*) ${said}; echo '/etc/xen/bad:1: config parsing error near x' >&2; exit 1;;`,
    );
    for (const file of ['flood-out', 'flood-err', 'killed', 'nonsense', 'nothing', 'deep', 'list', 'early'])
      assert.ok(isRefusal(await xl.dryRun({ config: `/etc/xen/${file}`, overrides: [] })), file);
    assert.deepEqual(await xl.dryRun({ config: '/etc/xen/bad', overrides: [] }), {
      refused: 'bad:1: config parsing error near x',
    });
    const hanging = await scriptedXl(directory, '*) exec sleep 60;;', 0.5);
    assert.ok(isRefusal(await hanging.dryRun({ config: '/etc/xen/hang', overrides: [] })));
  });

  it('does nothing to a domid that is somebody else by now', async () => {
    // Horatio ended between the look and the verb, and Xen gave its domid to ophelia.
    const xl = await scriptedXl(directory, '"domid horatio") echo 4;;\n"domname 4") echo ophelia;;');
    const refused = await xl.destroy({ name: horatio, domid: 4 }, call);
    assert.equal(refused?.code, 'undone');
    assert.deepEqual(await calls(), ['domid horatio', 'domname 4']);
  });

  it('does nothing to a new incarnation, nor to one that is gone', async () => {
    const { stderr } = recordedCall('06-domid-domname', 'xl domid nosuch');
    const anew = await scriptedXl(directory, '"domid horatio") echo 9;;');
    assert.equal((await anew.shutdown({ name: horatio, domid: 4 }, call))?.code, 'undone');
    const gone = await scriptedXl(directory, `domid*) printf %s "${stderr.trimEnd()}" >&2; exit 1;;`);
    assert.equal((await gone.reboot({ name: horatio, domid: 4 }, call))?.code, 'undone');
    assert.equal(await gone.domid(horatio), null);
    assert.deepEqual(await calls(), ['domid horatio', 'domid horatio', 'domid horatio']);
  });

  it('does nothing to the same domid with another UUID, nor to the same UUID with another domid', async () => {
    const [ours, other] = ['5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8', '24db4264-fe73-4094-8a98-2bfa861f8e91'];
    const header = 'Name ID Mem VCPUs\tState\tTime(s)   UUID Reason-Code\tSecurity Label';
    const row = (domid: number, uuid: string): string =>
      `"list -v") printf '${header}\\nhoratio ${domid} 128 1 -b---- 3.6 ${uuid} - -\\n';;`;
    const verbs = ['unpause', 'shutdown', 'reboot', 'destroy'] as const;
    for (const [domid, uuid] of [
      [4, other],
      [9, ours],
    ] as const) {
      const xl = await scriptedXl(directory, row(domid, uuid));
      for (const verb of verbs)
        assert.equal((await xl[verb]({ name: horatio, domid: 4, uuid: ours }, call))?.code, 'undone', verb);
      assert.equal((await xl.sysrq({ name: horatio, domid: 4, uuid: ours }, 'h', call))?.code, 'undone');
    }
    assert.deepEqual([...new Set(await calls())], ['list -v']);
    const same = await scriptedXl(directory, row(4, ours));
    assert.equal(await same.destroy({ name: horatio, domid: 4, uuid: ours }, call), null);
    assert.equal((await calls()).at(-1), 'destroy 4');
  });

  it('gives the UUID of a creation over what stands in the file', () => {
    const uuid = '5df6f9d5-1d71-47bf-9dc0-eb16fa9a2ee8';
    assert.deepEqual(XL.create({ config: '/etc/xen/horatio.cfg', paused: true, overrides: [], uuid }), [
      'create',
      '-p',
      '/etc/xen/horatio.cfg',
      `uuid="${uuid}"`,
    ]);
  });

  it('tells a domain that is absent from an xl that fails', async () => {
    const xl = await scriptedXl(
      directory,
      '*) echo "libxl: error: libxl.c:1:f: cannot open privcmd" >&2; exit 1;;',
    );
    const answer = await xl.domid(horatio);
    assert.ok(isRefusal(answer));
    assert.equal(answer.code, 'toolstack-failed');
    assert.equal(answer.message, 'cannot open privcmd');
  });

  it('takes a domain that vanishes or is being built for one that is not there now', async () => {
    // xl found the name, but nothing under it: libxl stores the configuration only when it builds the domain.
    const empty = await scriptedXl(
      directory,
      "*) echo 'libxl: error: libxl_domain.c:1937:f: Domain 5:Fail to get domain configuration' >&2; printf '[\\n\\n]\\n\\n';;",
    );
    assert.equal(await empty.longList(horatio), null);
    assert.deepEqual(await empty.longListAll(), []);
    const gone = await scriptedXl(
      directory,
      `*) echo "Error: Domain 'horatio' does not exist." >&2; exit 1;;`,
    );
    assert.equal(await gone.longList(horatio), null);
    const nonsense = await scriptedXl(directory, '*) echo nonsense;;');
    assert.ok(isRefusal(await nonsense.longList(horatio)));
  });

  it('never says success over a failed destroy', async () => {
    const { stderr } = recordedCall('21-destroy-notrunning', 'xl destroy 999');
    await writeFile(join(directory, 'said'), stderr);
    const xl = await scriptedXl(
      directory,
      `"domid horatio") echo 4;;\n"domname 4") echo horatio;;\ndestroy*) cat ${directory}/said >&2; exit 1;;`,
    );
    const refused = await xl.destroy({ name: horatio, domid: 4 }, call);
    assert.equal(refused?.code, 'toolstack-failed');
    assert.equal(refused.message, 'Non-existant domain');
  });

  it('takes what is no listing for a failure', async () => {
    const xl = await scriptedXl(
      directory,
      '"list -v") echo "something else";;\n"list -l"*) echo "not json";;',
    );
    assert.equal(((await xl.list()) as { code?: string }).code, 'toolstack-failed');
    assert.equal(((await xl.longListAll()) as { code?: string }).code, 'toolstack-failed');
    assert.equal(((await xl.longList(horatio)) as { code?: string }).code, 'toolstack-failed');
  });

  it('says when xl hangs', async () => {
    const xl = await scriptedXl(
      directory,
      '"domid horatio") echo 4;;\n"domname 4") echo horatio;;\n*) exec sleep 60;;',
    );
    const refused = await xl.unpause({ name: horatio, domid: 4 }, { timeoutMs: 100 });
    assert.equal(refused?.code, 'toolstack-timeout');
  });

  it('never runs two listings at once, and gives nobody one that began before they asked', async () => {
    const list =
      'mkdir "$0.lock" || exit 9; sleep 0.1; rmdir "$0.lock"; echo "Name ID Mem VCPUs\tState\tTime(s)"';
    const xl = await scriptedXl(directory, `"list -v") ${list};;`);
    const first = xl.list();
    const later = [xl.list(), xl.list(), xl.list()];
    for (const answer of await Promise.all([first, ...later])) assert.deepEqual(answer, []);
    assert.deepEqual(await calls(), ['list -v', 'list -v']);
  });

  it('gives overrides as single arguments in xl.cfg syntax, whatever they hold', () => {
    const overrides = [
      { key: 'kernel', value: '/srv/xen/rescue-vmlinuz' },
      { key: 'extra', value: 'console=hvc0 x="y" \\ \'z\' ; name="evil"' },
      { key: 'disk', value: ['file:/srv/a.img,xvda,w', 'file:/srv/"b".img,xvdb,r'] },
    ];
    assert.deepEqual(XL.create({ config: '/etc/xen/horatio.cfg', paused: true, overrides }), [
      'create',
      '-p',
      '/etc/xen/horatio.cfg',
      'kernel="/srv/xen/rescue-vmlinuz"',
      'extra="console=hvc0 x=\\"y\\" \\\\ \'z\' ; name=\\"evil\\""',
      'disk=["file:/srv/a.img,xvda,w","file:/srv/\\"b\\".img,xvdb,r"]',
    ]);
    const newline = [{ key: 'extra', value: 'quiet"\nname="evil' }];
    assert.throws(() => XL.create({ config: '/x', paused: true, overrides: newline }), ConfigValueError);
    const key = [{ key: 'extra="";name', value: 'x' }];
    assert.throws(() => XL.create({ config: '/x', paused: true, overrides: key }), ConfigValueError);
  });

  it('opens the console by domid, with another escape only where xl takes one', () => {
    const settings = { command: '/usr/sbin/xl', environment: { XL_VERBOSE: '1' }, timeoutSeconds: 5 };
    const plain = new XlToolstack({ ...settings, consoleEscapeOption: false }).consoleCommand(4);
    assert.deepEqual(plain.args, ['console', '4']);
    assert.equal(plain.file, '/usr/sbin/xl');
    assert.deepEqual(Object.keys(plain.environment).sort(), ['LANG', 'PATH', 'XL_VERBOSE']);
    const other = new XlToolstack({ ...settings, consoleEscapeOption: true }).consoleCommand(4);
    assert.deepEqual(other.args, ['console', '-e', '^^', '4']);
  });
});
